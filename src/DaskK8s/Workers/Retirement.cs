using DaskK8s.Diagnostics;
using DaskK8s.KubeApi;

using k8s.Models;

using Microsoft.Extensions.Logging;

namespace DaskK8s.Workers;

/// <summary>Shrinks one group once without losing a result: chooses, announces, drains, condemns, patches, verifies, tidies up.</summary>
/// <remarks>
/// Each step leaves something that the next scaling recovers from: a drained worker comes back by itself when its client does
/// not (the module on the scheduler watches), a condemned pod is the first victim of the next scaling or is pardoned by it, and
/// the number itself is only ever set together with the version of the Deployment that the plan was made for.
/// </remarks>
internal sealed class Retirement(
    KubeRequests requests,
    Workloads workloads,
    WorkerDrain? drain,
    ServerVersion version,
    StrayRecovery recovery,
    GroupPlan plan,
    int target,
    ScaleOptions options)
{
    private const int MaxPlans = 20;
    private static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan SettleLimit = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan LeaveLimit = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan TidyLimit = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan MarkMargin = TimeSpan.FromMinutes(2);

    private readonly string _id = Guid.NewGuid().ToString("n")[..12];
    private readonly Dictionary<string, Victim> _touched = new(StringComparer.Ordinal);
    private readonly HashSet<string> _drained = new(StringComparer.Ordinal);
    private readonly HashSet<string> _left = new(StringComparer.Ordinal);
    private readonly Dictionary<string, NotRetiredWorker> _failed = new(StringComparer.Ordinal);
    private readonly PodMarks _marks = new(requests);
    private readonly Scaler _scaler = new(requests);
    private int _moved;
    private int _drains;
    private bool _isChecked;
    private bool _mayChoose;
    private long _start;

    private TimeProvider Time => requests.TimeProvider;

    private ILogger Logger => requests.Logger;

    private DateTimeOffset MarkEnd => Time.GetUtcNow() + options.DrainTimeout + MarkMargin;

    /// <summary>Shrinks the group.</summary>
    /// <exception cref="LosslessScaleDownException">It cannot be done without a loss; nothing was changed, or all of it undone.</exception>
    public async Task<RetirementOutcome> RunAsync(CancellationToken cancellationToken)
    {
        _start = Time.GetTimestamp();
        await recovery.RunAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            return await ShrinkAsync(cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            await TidyUpAsync().ConfigureAwait(false);
        }
    }

    private async Task<RetirementOutcome> ShrinkAsync(CancellationToken cancellationToken)
    {
        int? before = null;
        for (int attempt = 1; attempt <= MaxPlans; attempt++)
        {
            GroupView view = await ReadSettledAsync(cancellationToken).ConfigureAwait(false);
            before ??= view.Replicas;
            IReadOnlyList<Victim> leaving = [];
            int aim = target;
            if (view.Live.Count > target)
            {
                leaving = await ChooseAndDrainAsync(view, cancellationToken).ConfigureAwait(false);
                aim = view.Live.Count - leaving.Count;
                if (leaving.Count == 0)
                {
                    return new RetirementOutcome(before.Value, null, view.Replicas, Time.GetElapsedTime(_start), [], [.. _failed.Values], _moved);
                }

                await CondemnAsync(view, leaving, aim, cancellationToken).ConfigureAwait(false);
                GroupView now = await ReadAsync(cancellationToken).ConfigureAwait(false);
                if (now.Replicas != view.Replicas || !SamePods(now, view))
                {
                    ScalingLog.PlannedAgain(Logger, plan.Name, "its pods changed");
                    continue;
                }

                if (await HaveNewWorkersAsync(now, leaving, cancellationToken).ConfigureAwait(false))
                {
                    ScalingLog.PlannedAgain(Logger, plan.Name, "a pod that leaves has just brought a worker");
                    continue;
                }

                view = now;
            }

            V1Deployment accepted;
            try
            {
                accepted = await _scaler.SetReplicasAsync(view.Deployment, aim, cancellationToken).ConfigureAwait(false);
            }
            catch (KubernetesConflictException)
            {
                ScalingLog.PlannedAgain(Logger, plan.Name, "the Deployment changed");
                continue;
            }

            TimeSpan acceptedAfter = Time.GetElapsedTime(_start);
            await VerifyAsync(leaving, aim, cancellationToken).ConfigureAwait(false);
            return new RetirementOutcome(
                before.Value,
                accepted,
                accepted.Spec?.Replicas ?? aim,
                acceptedAfter,
                [.. leaving.Where(v => _left.Contains(v.Uid)).Select(static v => new RetiredWorker(v.Name, v.Addresses))],
                [.. _failed.Values],
                _moved);
        }

        throw Refuse(LosslessScaleDownObstacle.NotSettled, "somebody else kept changing the group.");
    }

    /// <summary>Chooses those that leave and drains them; takes the next ones for those that cannot be drained, as long as there is time.</summary>
    private async Task<IReadOnlyList<Victim>> ChooseAndDrainAsync(GroupView view, CancellationToken cancellationToken)
    {
        int need = view.Live.Count - target;
        IReadOnlyList<WorkerLoad> loads = await LookAsync(view, need, cancellationToken).ConfigureAwait(false);
        IReadOnlyList<Victim> ranked = VictimRanking.Rank(view.Live, loads);
        while (true)
        {
            Victim[] wanted = [.. ranked.Where(v => !_failed.ContainsKey(v.Uid)).Take(need)];
            Victim[] undrained = [.. wanted.Where(v => !IsDrained(v))];
            TimeSpan left = options.DrainTimeout - Time.GetElapsedTime(_start);
            if (undrained.Length == 0)
            {
                return wanted;
            }

            if (left <= TimeSpan.Zero)
            {
                return [.. wanted.Where(IsDrained)];
            }

            bool isTrivial = wanted.All(static v => v.IsPending);
            if (!_isChecked)
            {
                await ThrowIfImpossibleAsync(view, wanted, isTrivial, cancellationToken).ConfigureAwait(false);
                _isChecked = !isTrivial;
            }

            await DrainAsync(undrained, left, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Tells whether a pod that had no worker when it was chosen has one now: it may run something already.</summary>
    private async Task<bool> HaveNewWorkersAsync(GroupView view, IReadOnlyList<Victim> leaving, CancellationToken cancellationToken)
    {
        if (drain is null)
        {
            return false;
        }

        HashSet<string> uids = [.. leaving.Select(static v => v.Uid)];
        IReadOnlyList<WorkerLoad> loads = await LookAsync(view, leaving.Count, cancellationToken).ConfigureAwait(false);
        return VictimRanking.Rank(view.Live.Where(p => uids.Contains(p.Metadata.Uid)), loads).Any(v => !IsDrained(v));
    }

    private async Task<IReadOnlyList<WorkerLoad>> LookAsync(GroupView view, int need, CancellationToken cancellationToken)
    {
        if (drain is null)
        {
            // Without the scheduler nobody knows what a pod that runs holds.
            return VictimRanking.Rank(view.Live, []).Take(need).All(static v => v.IsPending)
                ? []
                : throw Refuse(LosslessScaleDownObstacle.SchedulerUnreachable, "the scheduler is not reached, so nothing can be moved off the workers.");
        }

        try
        {
            string[] hosts = [.. view.Live.Select(static p => p.Status?.PodIP).OfType<string>().Where(static ip => ip.Length > 0)];
            return (await drain.LookAsync(hosts, cancellationToken).ConfigureAwait(false)).Workers;
        }
        catch (Exception e) when (e is SchedulerUnreachableException or SchedulerTimeoutException && _drains == 0)
        {
            throw Refuse(LosslessScaleDownObstacle.SchedulerUnreachable, e.Message, e);
        }
    }

    /// <summary>Finds what is in the way before anything is changed; pods that never ran leave first whatever the server.</summary>
    private async Task ThrowIfImpossibleAsync(GroupView view, Victim[] wanted, bool isTrivial, CancellationToken cancellationToken)
    {
        try
        {
            (int major, int minor, string text) = await version.ReadAsync(cancellationToken).ConfigureAwait(false);
            if (major == 1 && minor < 22)
            {
                ThrowIfChoiceNeeded(isTrivial, LosslessScaleDownObstacle.ServerTooOld, $"the API server is {text}, and up to 1.21 it chooses the pods that leave by itself.");
            }
            else
            {
                await _marks.TryAsync(wanted[^1].Pod, cancellationToken).ConfigureAwait(false);
                _mayChoose = true;
            }
        }
        catch (KubernetesForbiddenException e)
        {
            ThrowIfChoiceNeeded(isTrivial, LosslessScaleDownObstacle.PodsMayNotBePatched, $"the pods that leave cannot be named. {e.Message}", e);
        }

        if (isTrivial)
        {
            return;
        }

        if (view.IsRollingOut && target > 0)
        {
            throw Refuse(LosslessScaleDownObstacle.RolloutInProgress, "a rollout replaces its pods, and Kubernetes shrinks old and new ones in proportion. Wait until it is done.");
        }

        try
        {
            await drain!.CheckAsync(AddressesOf(wanted), cancellationToken).ConfigureAwait(false);
        }
        catch (HomelessResultsException e)
        {
            throw Refuse(
                LosslessScaleDownObstacle.NoOtherWorker,
                FormattableString.Invariant($"{e.Keys} results are held by the leaving workers only, and no other worker runs that could take them."));
        }
    }

    private async Task DrainAsync(Victim[] undrained, TimeSpan limit, CancellationToken cancellationToken)
    {
        foreach (Victim victim in undrained)
        {
            _touched[victim.Uid] = victim;
            _drained.Remove(victim.Uid);
        }

        if (_mayChoose)
        {
            await ForEachPodAsync(undrained, pod => _marks.AnnounceAsync(pod, _id, MarkEnd, cancellationToken)).ConfigureAwait(false);
        }

        _drains++;
        DrainReport report;
        try
        {
            report = drain is null
                ? new DrainReport([.. undrained.Select(static v => v.Uid)], new Dictionary<string, string>(), 0)
                : await drain.DrainAsync(FormattableString.Invariant($"{_id}/{_drains}"), AddressesOf(undrained), limit, cancellationToken).ConfigureAwait(false);
        }
        catch (HomelessResultsException)
        {
            // It was checked a moment ago, or these are replacements of others: they stay.
            report = new DrainReport([], undrained.ToDictionary(static v => v.Uid, static _ => "no other worker could take its data"), 0);
        }

        _drained.UnionWith(report.Drained);
        _moved += report.Moved;
        foreach (Victim victim in undrained.Where(v => report.Failed.ContainsKey(v.Uid)))
        {
            _failed[victim.Uid] = new NotRetiredWorker(victim.Name, report.Failed[victim.Uid]);
            ScalingLog.NotRetired(Logger, plan.Name, victim.Name, report.Failed[victim.Uid]);
        }

        ScalingLog.Drained(Logger, plan.Name, report.Drained.Count, undrained.Length, report.Moved);
    }

    /// <summary>Makes exactly the drained pods the first that leave; pardons others that an earlier scaling condemned.</summary>
    private async Task CondemnAsync(GroupView view, IReadOnlyList<Victim> leaving, int aim, CancellationToken cancellationToken)
    {
        if (aim > 0 && !_mayChoose && !leaving.All(static v => v.IsPending))
        {
            throw Refuse(
                LosslessScaleDownObstacle.ServerTooOld,
                $"not every worker could be drained ({string.Join("; ", _failed.Values.Select(static f => $"{f.Pod}: {f.Reason}"))}), and those that can leave cannot be chosen on this server.");
        }

        if (!_mayChoose)
        {
            return;
        }

        HashSet<string> uids = [.. leaving.Select(static v => v.Uid)];
        V1Pod[] strays = [.. view.Live.Where(p => !uids.Contains(p.Metadata.Uid) && PodMarks.IsCondemned(p))];
        await ForEachPodAsync(leaving, pod => _marks.CondemnAsync(pod, _id, MarkEnd, cancellationToken)).ConfigureAwait(false);
        foreach (V1Pod stray in strays)
        {
            await IgnoreGoneAsync(() => _marks.ClearAsync(stray, cancellationToken)).ConfigureAwait(false);
            ScalingLog.StrayCleared(Logger, plan.Name, stray.Metadata.Name);
        }
    }

    /// <summary>Waits until as many pods have left as should, and sees who it was, by uid.</summary>
    private async Task VerifyAsync(IReadOnlyList<Victim> leaving, int aim, CancellationToken cancellationToken)
    {
        long start = Time.GetTimestamp();
        while (leaving.Count > 0)
        {
            GroupView view = await ReadAsync(cancellationToken).ConfigureAwait(false);
            HashSet<string> live = [.. view.Live.Select(static p => p.Metadata.Uid)];
            _left.UnionWith(leaving.Where(v => !live.Contains(v.Uid)).Select(static v => v.Uid));
            bool isOver = Time.GetElapsedTime(start) > LeaveLimit;
            if (isOver || view.Live.Count <= Math.Max(aim, view.Replicas))
            {
                foreach (Victim stayed in leaving.Where(v => !_left.Contains(v.Uid)))
                {
                    string reason = isOver ? "Kubernetes has not removed it yet" : "Kubernetes removed another pod of the group instead";
                    _failed[stayed.Uid] = new NotRetiredWorker(stayed.Name, reason);
                    ScalingLog.NotRetired(Logger, plan.Name, stayed.Name, reason);
                    if (isOver)
                    {
                        // It still leaves, only later: it must not take work again.
                        _left.Add(stayed.Uid);
                    }
                }

                return;
            }

            await Task.Delay(Poll, Time, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Brings back what stays, whatever happened: also when the caller gave up.</summary>
    private async Task TidyUpAsync()
    {
        if (_touched.Count == 0)
        {
            return;
        }

        using CancellationTokenSource limit = new(TidyLimit, Time);
        Victim[] stay = [.. _touched.Values.Where(v => !_left.Contains(v.Uid))];
        try
        {
            bool restored = drain is null || await drain.ReleaseAsync(
                _id,
                [.. _touched.Values.Where(v => _left.Contains(v.Uid)).SelectMany(static v => v.Addresses)],
                [.. stay.SelectMany(static v => v.Addresses)],
                limit.Token).ConfigureAwait(false);
            if (stay.Length == 0)
            {
                return;
            }

            GroupView view = await ReadAsync(limit.Token).ConfigureAwait(false);
            Dictionary<string, V1Pod> live = view.Live.ToDictionary(static p => p.Metadata.Uid);
            foreach (Victim victim in stay.Where(v => live.ContainsKey(v.Uid)))
            {
                V1Pod pod = live[victim.Uid];
                if (!restored && _drained.Contains(victim.Uid))
                {
                    await IgnoreGoneAsync(() => DeleteAsync(pod, limit.Token)).ConfigureAwait(false);
                    ScalingLog.StayedPodDeleted(Logger, plan.Name, victim.Name);
                }
                else if (PodMarks.Read(pod)?.Id == _id)
                {
                    await IgnoreGoneAsync(() => _marks.ClearAsync(pod, limit.Token)).ConfigureAwait(false);
                }
            }
        }
        catch (Exception e) when (e is DaskK8sException or OperationCanceledException)
        {
            // The scaling's own end, good or bad, is what the caller must see.
            ScalingLog.NotUndone(Logger, plan.Name, e.Message);
        }
    }

    /// <summary>A pod that was pending when it was chosen may have brought a worker since.</summary>
    private bool IsDrained(Victim victim) =>
        _drained.Contains(victim.Uid) && victim.Addresses.All(a => _touched[victim.Uid].Addresses.Contains(a));

    private static bool SamePods(GroupView one, GroupView other) =>
        one.Live.Select(static p => p.Metadata.Uid).ToHashSet().SetEquals(other.Live.Select(static p => p.Metadata.Uid));

    private static Dictionary<string, IReadOnlyList<string>> AddressesOf(IEnumerable<Victim> victims) =>
        victims.ToDictionary(static v => v.Uid, static v => v.Addresses, StringComparer.Ordinal);

    private static Task ForEachPodAsync(IEnumerable<Victim> victims, Func<V1Pod, Task> action) =>
        Parallel.ForEachAsync(victims, new ParallelOptions { MaxDegreeOfParallelism = 8 }, async (v, _) => await IgnoreGoneAsync(() => action(v.Pod)).ConfigureAwait(false));

    /// <summary>A pod that has gone meanwhile, or whose name means another one now, needs nothing.</summary>
    private static async Task IgnoreGoneAsync(Func<Task> action)
    {
        try
        {
            await action().ConfigureAwait(false);
        }
        catch (Exception e) when (e is KubernetesNotFoundException or KubernetesConflictException)
        {
        }
    }

    private Task<V1Pod> DeleteAsync(V1Pod pod, CancellationToken cancellationToken) => requests.RunAsync(
        new KubernetesApiCall("delete", "pods", "", requests.Connection.Namespace, pod.Metadata.Name),
        (client, ct) => k8s.CoreV1OperationsExtensions.DeleteNamespacedPodAsync(
            client.CoreV1, pod.Metadata.Name, requests.Connection.Namespace, new V1DeleteOptions { Preconditions = new V1Preconditions { Uid = pod.Metadata.Uid } }, cancellationToken: ct),
        cancellationToken);

    private async Task<GroupView> ReadAsync(CancellationToken cancellationToken) =>
        GroupView.From(await workloads.ReadAsync(cancellationToken).ConfigureAwait(false), plan.DeploymentName)
        ?? throw new KubernetesNotFoundException(
            $"The Deployment {plan.DeploymentName} of worker group {plan.Name} is gone. Was the release uninstalled or upgraded?",
            new KubernetesApiCall("get", "deployments", "apps", requests.Connection.Namespace, plan.DeploymentName),
            404);

    /// <summary>Waits until Kubernetes has done what was asked of it last: what is removed by an earlier scaling is no victim of this one.</summary>
    private async Task<GroupView> ReadSettledAsync(CancellationToken cancellationToken)
    {
        long start = Time.GetTimestamp();
        while (true)
        {
            GroupView view = await ReadAsync(cancellationToken).ConfigureAwait(false);
            if (view.IsSettled)
            {
                return view;
            }

            if (Time.GetElapsedTime(start) > SettleLimit)
            {
                throw Refuse(LosslessScaleDownObstacle.NotSettled, "Kubernetes has not yet done what was asked of the group before.");
            }

            await Task.Delay(Poll, Time, cancellationToken).ConfigureAwait(false);
        }
    }

    private void ThrowIfChoiceNeeded(bool isTrivial, LosslessScaleDownObstacle obstacle, string reason, Exception? inner = null)
    {
        if (target > 0 && !isTrivial)
        {
            throw Refuse(obstacle, reason, inner);
        }
    }

    private LosslessScaleDownException Refuse(LosslessScaleDownObstacle obstacle, string reason, Exception? inner = null) =>
        new(obstacle, plan.Name, target, reason, inner);
}
