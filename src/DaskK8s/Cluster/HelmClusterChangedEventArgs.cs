namespace DaskK8s;

/// <summary>The data of a change of a cluster object's release.</summary>
/// <param name="progress">How far one group is, or null where everything was read anew.</param>
public sealed class HelmClusterChangedEventArgs(WorkerGroupProgress? progress) : EventArgs
{
    /// <summary>Gets how far the group is that is scaled or waited for.</summary>
    /// <value>Null where groups or scheduler were read anew: <see cref="HelmCluster.WorkerGroups"/> and <see cref="HelmCluster.SchedulerInfo"/> say it all then.</value>
    public WorkerGroupProgress? Progress { get; } = progress;
}
