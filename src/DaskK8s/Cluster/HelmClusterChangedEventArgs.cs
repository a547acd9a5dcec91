namespace DaskK8s;

/// <summary>Event data for a change of the release of a cluster object.</summary>
/// <param name="progress">How far one group is, or null where everything was and the scheduler.</param>
public sealed class HelmClusterChangedEventArgs(WorkerGroupProgress? progress) : EventArgs
{
    /// <summary>Gets the progress of the group that is being scaled or waited for.</summary>
    /// <value>Null if <see cref="HelmCluster.WorkerGroups"/> or <see cref="HelmCluster.SchedulerInfo"/> were read again.</value>
    public WorkerGroupProgress? Progress { get; } = progress;
}
