using DaskK8s.Common;
using DaskK8s.Groups;
using DaskK8s.Kubernetes;

using k8s.Models;

using Microsoft.Extensions.Logging;

namespace DaskK8s.Scaling.Lossless;

/// <summary>A lossless scale-down of a group: selects, announces, drains and marks pods, patches the replicas, verifies and cleans up.</summary>
/// <remarks>
/// The next scaling can recover from each step: a drained worker resumes work by itself if its client does
/// not return (the module on the scheduler checks this), a marked pod is the first candidate of the next scaling or its mark is cleared, and
/// the replicas are only set for the version of the Deployment that the plan was made for.
/// </remarks>
internal sealed class Retirement : IAsyncDisposable
{
    private const int MaxPlans = 20;
    private static readonly TimeSpan LeaveLimit = TimeSpan.FromSeconds(30);

    private readonly KubeRequests _requests;
    private readonly WorkerDrain? _drain;
    private readonly StrayRecovery _recovery;
    private readonly GroupPlan _plan;
    private readonly int _target;
    private readonly ScaleOptions _options;
    private readonly RetirementLedger _ledger = new();
    private readonly RetirementGroup _group;
    private readonly RetirementMarks _marks;
    private readonly RetirementGuard _guard;
    private readonly RetirementCleanup _cleanup;
    private readonly Scaler _scaler;
    private IReadOnlySet<string> _held = new HashSet<string>();
    private Task _cleaning = Task.CompletedTask;
    private long _start;

    public Retirement(
        KubeRequests requests, Workloads workloads, WorkerDrain? drain, ServerVersion version, StrayRecovery recovery, Scaler scaler, GroupPlan plan, int target, ScaleOptions options)
    {
        PodMarks marks = new(requests);
        (_requests, _drain, _recovery, _plan, _target, _options) = (requests, drain, recovery, plan, target, options);
        _group = new RetirementGroup(requests, workloads, plan);
        _marks = new RetirementMarks(requests, marks, plan.Name, options.DrainTimeout);
        _guard = new RetirementGuard(marks, drain, version, plan, target);
        _cleanup = new RetirementCleanup(requests, drain, _group, _marks, plan.Name);
        _scaler = scaler;
    }

    private TimeProvider Time => _requests.TimeProvider;

    private ILogger Logger => _requests.Logger;

    /// <summary>Shrinks the group.</summary>
    /// <exception cref="LosslessScaleDownException">The group cannot shrink without losing results; any changes were undone.</exception>
    public async Task<RetirementOutcome> RunAsync(CancellationToken cancellationToken)
    {
        _start = Time.GetTimestamp();
        await _recovery.RunAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            return await ShrinkAsync(cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            _cleaning = _cleanup.RunAsync(_ledger);
            await TimeLimit.WaitWithGraceAsync(_cleaning, Time, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Stops following the group, once the cleanup that a cancelled call may have left behind has ended.</summary>
    public ValueTask DisposeAsync()
    {
        if (_cleaning.IsCompleted)
        {
            return _group.DisposeAsync();
        }

        TimeLimit.Forget(DisposeAfterCleanupAsync());
        return default;
    }

    private async Task DisposeAfterCleanupAsync()
    {
        await _cleaning.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await _group.DisposeAsync().ConfigureAwait(false);
    }

    private async Task<RetirementOutcome> ShrinkAsync(CancellationToken cancellationToken)
    {
        int? before = null;
        for (int attempt = 1; attempt <= MaxPlans; attempt++)
        {
            // Two that plan against each other in step would go on so for ever.
            await Task.Delay(_ledger.Stagger * (attempt - 1), Time, cancellationToken).ConfigureAwait(false);
            GroupView view = await _group.ReadSettledAsync(_marks.Version, cancellationToken).ConfigureAwait(false)
                ?? throw _guard.Refuse(LosslessScaleDownObstacle.NotSettled, "Kubernetes has not yet completed the group's previous scaling.");
            before ??= view.Replicas;
            _guard.ThrowIfRollingOut(view, _target);
            IReadOnlyList<ScaleDownCandidate> leaving = [];
            int aim = _target;
            if (view.Live.Count > _target)
            {
                leaving = await ChooseAndDrainAsync(view, cancellationToken).ConfigureAwait(false);
                aim = view.Live.Count - leaving.Count;
                if (leaving.Count == 0)
                {
                    return new RetirementOutcome(before.Value, null, view.Replicas, Time.GetElapsedTime(_start), [], _ledger.Failed, _ledger.Moved);
                }

                _guard.ThrowIfRollingOut(view, aim);

                if (await CondemnAsync(view, leaving, aim, cancellationToken).ConfigureAwait(false) is not { } now)
                {
                    continue;
                }

                view = now;
            }

            if (await TrySetReplicasAsync(view, aim, cancellationToken).ConfigureAwait(false) is { } accepted)
            {
                TimeSpan acceptedAfter = Time.GetElapsedTime(_start);
                await VerifyAsync(leaving, aim, cancellationToken).ConfigureAwait(false);
                return new RetirementOutcome(
                    before.Value,
                    accepted,
                    accepted.Deployment.Spec?.Replicas ?? aim,
                    acceptedAfter,
                    [.. leaving.Where(_ledger.HasLeft).Select(static v => new RetiredWorker(v.Name, v.Addresses))],
                    _ledger.Failed,
                    _ledger.Moved);
            }
        }

        throw _guard.Refuse(LosslessScaleDownObstacle.NotSettled, "another client kept changing the group.");
    }

    /// <summary>Selects and drains the leaving pods; replaces pods that cannot be drained by the next ones, within the time limit.</summary>
    private async Task<IReadOnlyList<ScaleDownCandidate>> ChooseAndDrainAsync(GroupView view, CancellationToken cancellationToken)
    {
        int need = view.Live.Count - _target;
        IReadOnlyList<V1Pod> asked = CandidateRanking.Choose(view.Live, need);
        IReadOnlyList<ScaleDownCandidate> ranked = await RankAsync(asked, view.Neighbours, need, cancellationToken).ConfigureAwait(false);
        while (true)
        {
            if (asked.Count < view.Live.Count && ranked.Count(CanLeave) < need)
            {
                // Those that were asked about do not suffice: then about everyone.
                asked = view.Live;
                ranked = await RankAsync(asked, view.Neighbours, need, cancellationToken).ConfigureAwait(false);
            }

            if (_ledger.Drains == 0)
            {
                KeepUnknown(ranked, need);
            }

            _held = ranked.Where(static v => v.Workers.Any(static w => w.IsHeld)).Select(static v => v.Uid).ToHashSet();
            ScaleDownCandidate[] wanted = [.. ranked.Where(v => !_ledger.HasFailed(v)).Take(need)];
            ScaleDownCandidate[] undrained = [.. wanted.Where(v => !_ledger.IsDrained(v))];
            TimeSpan left = _options.DrainTimeout - Time.GetElapsedTime(_start);
            if (undrained.Length == 0)
            {
                return wanted;
            }

            if (left <= TimeSpan.Zero)
            {
                return [.. wanted.Where(_ledger.IsDrained)];
            }

            await _guard.CheckAsync(wanted, cancellationToken).ConfigureAwait(false);
            await DrainAsync(undrained, left, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Ranks the pods. Waits for workers of leaving pods that are starting: what they hold is unknown until they connect.</summary>
    private async Task<IReadOnlyList<ScaleDownCandidate>> RankAsync(IReadOnlyList<V1Pod> pods, IReadOnlyList<V1Pod> neighbours, int need, CancellationToken cancellationToken)
    {
        TimeSpan limit = ScaleDownCandidate.StartLimit < _options.DrainTimeout ? ScaleDownCandidate.StartLimit : _options.DrainTimeout;
        while (true)
        {
            IReadOnlyList<WorkerLoad> loads = await _guard.LookAsync(pods, need, _ledger, [], cancellationToken).ConfigureAwait(false);
            DateTimeOffset now = Time.GetUtcNow();
            IReadOnlyList<ScaleDownCandidate> ranked = CandidateRanking.Rank(pods, loads, _plan.Container, now, neighbours);
            bool isStarting = ranked.Take(need).Any(v => v.StandingAt(now) == CandidateStanding.Starting);
            if (!isStarting || _drain is null || _plan.OtherScheduler is not null || Time.GetElapsedTime(_start) >= limit)
            {
                return ranked;
            }

            await _group.PauseAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Excludes pods whose workers are unknown, and throws if no other pod can leave.</summary>
    /// <exception cref="LosslessScaleDownException">No other pod can leave, or Kubernetes would remove an unknown one first.</exception>
    private void KeepUnknown(IReadOnlyList<ScaleDownCandidate> ranked, int need)
    {
        DateTimeOffset now = Time.GetUtcNow();
        ILookup<bool, ScaleDownCandidate> byKnown = ranked.ToLookup(v => v.StandingAt(now) is CandidateStanding.Known or CandidateStanding.Empty);
        ScaleDownCandidate[] unknown = [.. byKnown[false]];
        ScaleDownCandidate[] known = [.. byKnown[true].Take(need)];
        ScaleDownCandidate[] wanted = [.. ranked.Take(need).Where(unknown.Contains)];
        if (wanted.Length == 0)
        {
            return;
        }

        if (known.Length == 0 || known.Any(k => wanted.Any(w => CandidateRanking.IsBefore(w.Pod, k.Pod))))
        {
            throw _guard.RefuseUnknown(wanted);
        }

        foreach (ScaleDownCandidate candidate in known.Length < need ? unknown : wanted)
        {
            Fail(candidate, _plan.OtherScheduler is { } other ? $"its workers connect to another scheduler, {other}" : candidate.WhatIsUnknown());
        }
    }

    private async Task DrainAsync(ScaleDownCandidate[] undrained, TimeSpan limit, CancellationToken cancellationToken)
    {
        string name = _ledger.Begin(undrained);
        if (_guard.MayChoose)
        {
            await _marks.AnnounceAsync(undrained, _ledger.Id, cancellationToken).ConfigureAwait(false);
        }

        DrainReport report;
        try
        {
            report = _drain is null
                ? new DrainReport([.. undrained.Select(static v => v.Uid)], new Dictionary<string, string>(), 0)
                : await _drain.DrainAsync(name, ScaleDownCandidate.AddressesOf(undrained), limit, cancellationToken).ConfigureAwait(false);
        }
        catch (HomelessResultsException)
        {
            // It was checked a moment ago, or these are replacements of others: they stay.
            report = new DrainReport([], undrained.ToDictionary(static v => v.Uid, static _ => "no other worker could take its data"), 0);
        }

        _ledger.End(report);
        foreach (ScaleDownCandidate candidate in undrained.Where(v => report.Failed.ContainsKey(v.Uid)))
        {
            Fail(candidate, report.Failed[candidate.Uid]);
        }

        ScalingLog.Drained(Logger, _plan.Name, report.Drained.Count, undrained.Length, report.Moved);
    }

    /// <summary>Marks exactly the drained pods as first to be removed, and checks whether the plan is still valid.</summary>
    /// <returns>The current group, or null if a new plan is needed.</returns>
    private async Task<GroupView?> CondemnAsync(GroupView view, IReadOnlyList<ScaleDownCandidate> leaving, int aim, CancellationToken cancellationToken)
    {
        _guard.ThrowIfNotChosen(leaving, aim, _ledger.Failed);
        if (_guard.MayChoose)
        {
            await _marks.CondemnAsync(view, leaving, _held, _ledger.Id, cancellationToken).ConfigureAwait(false);
        }

        HashSet<string> uids = [.. leaving.Select(static v => v.Uid)];
        ulong? atLeast = _guard.MayChoose && _marks.Version > 0 ? _marks.Version : null;
        GroupView now = await (_drain is null ? _group.ReadAsync(atLeast, cancellationToken) : _group.ReadSteadyAsync(uids, !_drain.IsBlocked, atLeast, cancellationToken)).ConfigureAwait(false);
        if (now.Replicas != view.Replicas || now.IsRollingOut != view.IsRollingOut || !now.HasSamePodsAs(view) || (_guard.MayChoose && !(RetirementMarks.AreCondemned(now, leaving) && CandidateRanking.AreFirst(now.Live, uids))))
        {
            ScalingLog.PlannedAgain(Logger, _plan.Name, "its pods changed");
            return null;
        }

        if (_drain is null)
        {
            return now;
        }

        // A pod that was pending may have brought a worker that runs something already; and who was away for long is not waited for.
        V1Pod[] pods = [.. now.Live.Where(p => uids.Contains(p.Metadata.Uid))];
        ScaleDownCandidate[] going = [.. pods.Select(p => new ScaleDownCandidate(p, leaving.First(v => v.Uid == p.Metadata.Uid).Workers, _plan.Container))];
        IReadOnlyList<WorkerLoad> loads = await _guard.LookAsync(pods, leaving.Count, _ledger, going, cancellationToken).ConfigureAwait(false);
        ScaleDownCandidate[] back = [.. CandidateRanking.Rank(pods, loads, _plan.Container, neighbours: now.Neighbours).Where(v => !_ledger.IsStillDrained(v) || HasBegunUnseen(v, Time.GetUtcNow()))];
        if (back.Length == 0)
        {
            return now;
        }

        _ledger.Reopen(back);
        ScalingLog.PlannedAgain(Logger, _plan.Name, "a worker of a leaving pod is working");
        return null;
    }

    /// <summary>
    /// Determines whether a pod that was empty when selected has started and may use another scheduler. If the Deployment names this one,
    /// the worker can only connect here, where it receives no tasks.
    /// </summary>
    private bool HasBegunUnseen(ScaleDownCandidate candidate, DateTimeOffset now) =>
        !_plan.NamesOwnScheduler && candidate.Workers.Count == 0 && candidate.StandingAt(now) != CandidateStanding.Empty && !_ledger.HadWorkers(candidate);

    private async Task<AcceptedScale?> TrySetReplicasAsync(GroupView view, int aim, CancellationToken cancellationToken)
    {
        AcceptedScale? accepted = await _scaler.TryChangeAsync(view.Deployment, aim, _options.GiveBackField, cancellationToken).ConfigureAwait(false);
        if (accepted is null)
        {
            ScalingLog.PlannedAgain(Logger, _plan.Name, "the Deployment changed");
        }

        return accepted;
    }

    /// <summary>Waits until the expected number of pods have left, and checks which ones. A failure does not undo the accepted change.</summary>
    private async Task VerifyAsync(IReadOnlyList<ScaleDownCandidate> leaving, int aim, CancellationToken cancellationToken)
    {
        long start = Time.GetTimestamp();
        try
        {
            while (leaving.Any(v => !_ledger.HasLeft(v)))
            {
                GroupView view = await _group.ReadAsync(Time.GetElapsedTime(start) > RetirementGroup.Trust ? null : _marks.Version, cancellationToken).ConfigureAwait(false);
                HashSet<string> live = [.. view.Live.Select(static p => p.Metadata.Uid)];
                _ledger.Leave(leaving.Where(v => !live.Contains(v.Uid)));
                if (view.Live.Count <= Math.Max(aim, view.Replicas))
                {
                    FailStaying(leaving, "Kubernetes removed another pod of the group instead");
                    return;
                }

                if (Time.GetElapsedTime(start) > LeaveLimit)
                {
                    // They still leave, only later: they must not take work again.
                    ScaleDownCandidate[] late = FailStaying(leaving, "Kubernetes has not removed it yet");
                    _ledger.Leave(late);
                    return;
                }

                await _group.PauseAsync(cancellationToken).ConfigureAwait(false);
            }
        }
        catch (KubernetesApiException e)
        {
            FailStaying(leaving, $"whether it left could not be determined. {e.Message}");
        }
    }

    private ScaleDownCandidate[] FailStaying(IReadOnlyList<ScaleDownCandidate> leaving, string reason)
    {
        ScaleDownCandidate[] stayed = [.. leaving.Where(v => !_ledger.HasLeft(v))];
        foreach (ScaleDownCandidate candidate in stayed)
        {
            Fail(candidate, reason);
        }

        return stayed;
    }

    private bool CanLeave(ScaleDownCandidate candidate) =>
        !_ledger.HasFailed(candidate) && candidate.StandingAt(Time.GetUtcNow()) is CandidateStanding.Known or CandidateStanding.Empty;

    private void Fail(ScaleDownCandidate candidate, string reason)
    {
        _ledger.Fail(candidate, reason);
        ScalingLog.NotRetired(Logger, _plan.Name, candidate.Name, reason);
    }
}
