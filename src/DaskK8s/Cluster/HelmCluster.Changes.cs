using DaskK8s.Common;

namespace DaskK8s;

public sealed partial class HelmCluster
{
    /// <summary>
    /// Occurs when a call on this object observes a change: progress of a group that is being scaled or waited for, or a new read of the groups
    /// and the scheduler.
    /// </summary>
    /// <remarks>
    /// Handlers run in order inside that call, which waits for them; their exceptions are logged and ignored. Nothing is
    /// watched for this event, so it does not occur between calls.
    /// </remarks>
    public event EventHandler<HelmClusterChangedEventArgs>? Changed;

    private void OnChanged(WorkerGroupProgress? progress = null) =>
        UserCode.Raise(Changed, this, new HelmClusterChangedEventArgs(progress), _logger, "HelmCluster.Changed");

    /// <summary>Reports the start and the end of a scaling.</summary>
    private async Task<ScaleResult> ShowAsync(string group, int replicas, Func<Task<ScaleResult>> scale)
    {
        OnScaling(group, replicas, isDone: false);
        try
        {
            ScaleResult result = await scale().ConfigureAwait(false);
            OnScaling(group, result.After, isDone: true);
            return result;
        }
        catch
        {
            OnChanged();
            throw;
        }
    }

    /// <summary>Raises the event for a scaling of a group, from its pods as of the last read.</summary>
    private void OnScaling(string group, int desired, bool isDone)
    {
        if (Changed is null || WorkerGroups.FirstOrDefault(g => g.Name == group) is not { } known)
        {
            return;
        }

        int terminating = known.Pods.Count(static p => p.IsTerminating);
        bool isThere = isDone && known.Ready == desired && terminating == 0;
        OnChanged(new WorkerGroupProgress
        {
            Group = group,
            Desired = desired,
            Created = Math.Max(known.Pods.Count - terminating, known.Ready),
            Scheduled = Math.Max(known.Pods.Count(static p => !p.IsTerminating && p.NodeName is not null), known.Ready),
            Ready = known.Ready,
            Connected = SchedulerInfo is { HasAllWorkers: true } info ? info.Workers.Where(w => w.Group == group).Select(static w => w.Host).Distinct(StringComparer.Ordinal).Count() : null,
            Terminating = terminating,
            Waiting = isThere ? null : FormattableString.Invariant($"{(isDone ? "scaled" : "being scaled")} to {desired}"),
        });
    }

    /// <summary>Passes a wait's progress to its caller and to the event.</summary>
    private sealed class ProgressToEvent(HelmCluster cluster, IProgress<WorkerGroupProgress>? progress) : IProgress<WorkerGroupProgress>
    {
        public void Report(WorkerGroupProgress value)
        {
            progress?.Report(value);
            cluster.OnChanged(value);
        }
    }
}
