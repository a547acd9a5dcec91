using System.Runtime.CompilerServices;

using DaskK8s.Common;
using DaskK8s.Groups;

using k8s.Models;

using Microsoft.Extensions.Logging;

namespace DaskK8s.Adaptive;

/// <summary>The loop that reads the work and the groups, decides for each group, and scales it.</summary>
internal sealed class AdaptiveLoop
{
    private static readonly TimeSpan LeaseReleaseLimit = TimeSpan.FromSeconds(5);

    private readonly AdaptiveTarget _target;
    private readonly AdaptiveOptions _options;
    private readonly AdaptiveScaling _handle;
    private readonly DemandReader _reader;
    private readonly Workloads _workloads;
    private readonly ReleaseLease? _lease;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly Dictionary<string, AdaptivePolicy> _policies;
    private readonly Dictionary<string, (CancellationTokenSource Cancel, Task Done, int Target)> _shrinking = new(StringComparer.Ordinal);
    private readonly Dictionary<string, string> _reasons = new(StringComparer.Ordinal);
    private readonly Dictionary<string, (long At, int Target)> _growing = new(StringComparer.Ordinal);
    private long _lastWork;
    private TimeSpan _startTime;

    public AdaptiveLoop(
        AdaptiveTarget target, AdaptiveOptions options, AdaptiveScaling handle, DemandReader reader, Workloads workloads, ReleaseLease? lease, TimeProvider time, ILogger logger)
    {
        (_target, _options, _handle, _reader, _workloads, _lease, _time, _logger) = (target, options, handle, reader, workloads, lease, time, logger);
        _policies = options.Groups.ToDictionary(static g => g.Key, g => new AdaptivePolicy(g.Value, options, time), StringComparer.Ordinal);
        _lastWork = time.GetTimestamp();
        _startTime = options.StartTime;
    }

    public async Task RunAsync(CancellationToken cancellationToken)
    {
        using PeriodicTimer timer = new(_options.Interval, _time);
        PodFollow pods = new(_workloads, _time);
        await using ConfiguredAsyncDisposable disposal = pods.ConfigureAwait(false);
        try
        {
            do
            {
                await LookAsync(pods, cancellationToken).ConfigureAwait(false);
            }
            while (await timer.WaitForNextTickAsync(cancellationToken).ConfigureAwait(false));
        }
        catch (Exception) when (cancellationToken.IsCancellationRequested)
        {
            // Ended by the handle or with the cluster.
        }
        finally
        {
            await EndAsync().ConfigureAwait(false);
        }
    }

    /// <summary>Runs one pass of the loop; a failure is retried on the next pass.</summary>
    private async Task LookAsync(PodFollow pods, CancellationToken cancellationToken)
    {
        try
        {
            if (_lease is not null && await _lease.TryHoldAsync(cancellationToken).ConfigureAwait(false) is { } holder)
            {
                await StandByAsync(holder).ConfigureAwait(false);
                return;
            }

            _handle.SetActive(true);
            DemandSnapshot demand = await _reader.ReadAsync(_options.TargetDuration, cancellationToken).ConfigureAwait(false);
            IList<V1Deployment> deployments = await _workloads.ListDeploymentsAsync(cancellationToken).ConfigureAwait(false);
            await _target.GiveBackStraysAsync(deployments, cancellationToken).ConfigureAwait(false);
            if (demand.IsBusy)
            {
                _lastWork = _time.GetTimestamp();
            }

            await DecideAsync(demand, deployments, pods, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e) when (!cancellationToken.IsCancellationRequested)
        {
            // A loop ends by its own cancellation only; what the next look cannot mend is in the log.
            AdaptiveLog.LookFailed(_logger, e is DaskK8sException ? e.Message : e.ToString());
        }
    }

    private async Task DecideAsync(DemandSnapshot demand, IList<V1Deployment> deployments, PodFollow followed, CancellationToken cancellationToken)
    {
        IReadOnlyDictionary<string, string> strangers = await _target.FindStrangersAsync(_policies.Keys, cancellationToken).ConfigureAwait(false);
        GroupShape[] shapes =
        [
            .. _target.Groups().Where(g => _options.Groups.ContainsKey(g.Name) && !strangers.ContainsKey(g.Name))
                .Select(g => ToShape(g, demand, deployments.FirstOrDefault(d => d.Metadata.Name == g.DeploymentName))),
        ];
        IReadOnlyDictionary<string, int> pods = DemandPlanner.Plan(demand, shapes, _options.TargetDuration, _startTime, _options.MemoryTarget);
        TimeSpan idleFor = _time.GetElapsedTime(_lastWork);
        foreach (WorkerGroup group in _target.Groups().Where(g => _policies.ContainsKey(g.Name)))
        {
            V1Deployment? deployment = deployments.FirstOrDefault(d => d.Metadata.Name == group.DeploymentName);
            if (deployment is null)
            {
                Hold(group.Name, pods.GetValueOrDefault(group.Name), 0, "its Deployment is gone");
                continue;
            }

            int replicas = deployment.Spec?.Replicas ?? 1;
            if (strangers.TryGetValue(group.Name, out string? why))
            {
                Hold(group.Name, 0, replicas, why);
                continue;
            }

            int ready = deployment.Status?.ReadyReplicas ?? 0;
            int wanted = pods[group.Name];
            LearnStartTime(group.Name, ready);
            _handle.Note(new AdaptiveSample(_time.GetUtcNow(), group.Name, wanted, replicas, ready));
            if (_reader.IsBlocked && group.DaskResources.Count > 0)
            {
                Hold(group.Name, wanted, replicas, "the scheduler does not run clients' functions, so the resources that its tasks require are unknown");
                continue;
            }

            string? unschedulable = wanted > replicas && ready < replicas
                ? await FindUnschedulableAsync(deployment, followed, cancellationToken).ConfigureAwait(false)
                : null;
            GroupObservation seen = new(wanted, replicas, ready, unschedulable, idleFor);
            (AdaptiveAction action, int target, string reason) = _policies[group.Name].Decide(seen);
            await ActAsync(group.Name, seen, action, target, reason, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Learns how long pods take to start, from the decision until all are ready; the newest sample has a weight of one third.</summary>
    private void LearnStartTime(string group, int ready)
    {
        if (_growing.TryGetValue(group, out (long At, int Target) growth) && ready >= growth.Target)
        {
            _growing.Remove(group);
            _startTime += (_time.GetElapsedTime(growth.At) - _startTime) / 3;
        }
    }

    private async Task ActAsync(
        string group, GroupObservation seen, AdaptiveAction action, int target, string reason, CancellationToken cancellationToken)
    {
        if (_shrinking.TryGetValue(group, out (CancellationTokenSource Cancel, Task Done, int Target) shrink))
        {
            if (!shrink.Done.IsCompleted && _policies[group].CallsBack(seen, shrink.Target))
            {
                // The work has come back before the workers have gone: they stay.
                await shrink.Cancel.CancelAsync().ConfigureAwait(false);
            }
            else if (!shrink.Done.IsCompleted)
            {
                return;
            }

            await shrink.Done.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            shrink.Cancel.Dispose();
            _shrinking.Remove(group);
        }

        switch (action)
        {
            case AdaptiveAction.Grow:
                Change(group, seen, action, target, reason);
                _growing[group] = (_time.GetTimestamp(), target);
                await TryScaleAsync(group, seen, target, cancellationToken).ConfigureAwait(false);
                break;
            case AdaptiveAction.Shrink:
                Change(group, seen, action, target, reason);
                _growing.Remove(group);
                CancellationTokenSource cancel = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
                _shrinking[group] = (cancel, TryScaleAsync(group, seen, target, cancel.Token), target);
                break;
            default:
                Hold(group, seen.Demand, seen.Replicas, reason);
                break;
        }
    }

    private async Task TryScaleAsync(string group, GroupObservation seen, int target, CancellationToken cancellationToken)
    {
        try
        {
            ScaleOptions options = new() { DrainTimeout = _options.DrainTimeout };
            ScaleResult result = await _target.ScaleAsync(target, options, group, cancellationToken).ConfigureAwait(false);
            if (result.NotRetired.Count > 0)
            {
                Fail(group, seen, target, string.Join("; ", result.NotRetired.Select(static n => $"{n.Pod} stays: {n.Reason}")));
            }
        }
        catch (Exception e) when (e is not (OperationCanceledException or ObjectDisposedException))
        {
            Fail(group, seen, target, e.Message);
        }
    }

    private async Task<string?> FindUnschedulableAsync(V1Deployment deployment, PodFollow followed, CancellationToken cancellationToken)
    {
        WorkloadSnapshot snapshot = await _workloads.ReadAsync(ct => followed.ReadAsync(atLeast: 0, ct), cancellationToken).ConfigureAwait(false);
        DateTime before = (_time.GetUtcNow() - _options.UnschedulableAfter).UtcDateTime;
        return snapshot.PodsOf(deployment)
            .Where(static p => p.Metadata.DeletionTimestamp is null)
            .SelectMany(static p => p.Status?.Conditions ?? [])
            .FirstOrDefault(c => c is { Type: "PodScheduled", Status: "False", Reason: "Unschedulable" } && (c.LastTransitionTime ?? before) <= before)
            ?.Message;
    }

    private GroupShape ToShape(WorkerGroup group, DemandSnapshot demand, V1Deployment? deployment)
    {
        bool plain = _options.GroupsForPlainTasks is { } named
            ? named.Contains(group.Name)
            : group.DaskResources.Count == 0 || _target.Groups().Where(g => _options.Groups.ContainsKey(g.Name)).All(static g => g.DaskResources.Count > 0);
        return GroupShape.From(group, _options.Groups[group.Name], plain, demand.Kinds) with
        {
            Replicas = deployment?.Spec?.Replicas ?? 0,
            Ready = deployment?.Status?.ReadyReplicas ?? 0,
        };
    }

    private async Task StandByAsync(string holder)
    {
        if (_handle.IsActive)
        {
            await CancelShrinksAsync().ConfigureAwait(false);
        }

        _handle.SetActive(false);
        string reason = $"the release is adapted by {holder}";
        if (IsNew("", reason))
        {
            AdaptiveLog.StoodBy(_logger, reason);
            Note("", AdaptiveAction.Standby, 0, 0, 0, reason);
        }
    }

    private void Change(string group, GroupObservation seen, AdaptiveAction action, int target, string reason)
    {
        _reasons.Remove(group);
        AdaptiveLog.Changed(_logger, action, group, seen.Replicas, target, seen.Demand, reason);
        Note(group, action, seen.Demand, seen.Replicas, target, reason);
    }

    private void Hold(string group, int demand, int replicas, string reason)
    {
        if (IsNew(group, reason))
        {
            AdaptiveLog.Held(_logger, group, replicas, demand, reason);
            Note(group, AdaptiveAction.Hold, demand, replicas, replicas, reason);
        }
    }

    private void Fail(string group, GroupObservation seen, int target, string reason)
    {
        AdaptiveLog.Failed(_logger, group, seen.Replicas, target, reason);
        Note(group, AdaptiveAction.Failed, seen.Demand, seen.Replicas, target, reason);
    }

    private bool IsNew(string group, string reason)
    {
        bool isNew = !_reasons.TryGetValue(group, out string? last) || last != reason;
        _reasons[group] = reason;
        return isNew;
    }

    private void Note(string group, AdaptiveAction action, int demand, int before, int after, string reason)
    {
        Telemetry.AdaptiveDecisions.Add(1, new("release", _target.Release), new("namespace", _target.Namespace), new("group", group), new("action", action.ToString()));
        _handle.Note(new AdaptiveDecision(_time.GetUtcNow(), group, action, demand, before, after, reason));
    }

    private async Task CancelShrinksAsync()
    {
        foreach ((CancellationTokenSource cancel, Task done, _) in _shrinking.Values)
        {
            await cancel.CancelAsync().ConfigureAwait(false);
            await done.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            cancel.Dispose();
        }

        _shrinking.Clear();
    }

    private async Task EndAsync()
    {
        await CancelShrinksAsync().ConfigureAwait(false);
        _handle.SetActive(false);
        if (_lease is not null)
        {
            using CancellationTokenSource limit = new(LeaseReleaseLimit, _time);
            try
            {
                await _lease.ReleaseAsync(limit.Token).ConfigureAwait(false);
            }
            catch (Exception e) when (e is DaskK8sException or OperationCanceledException or ObjectDisposedException)
            {
                // It expires by itself.
                AdaptiveLog.LookFailed(_logger, e.Message);
            }
        }

        AdaptiveLog.Ended(_logger, _target.Release);
    }
}
