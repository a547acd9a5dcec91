namespace DaskK8s;

public sealed partial class HelmValues
{
    /// <summary>Gives the values with each worker group's replicas set to what runs now, so that the next upgrade keeps them.</summary>
    /// <param name="cluster">The cluster whose groups were read last (<see cref="HelmCluster.GetWorkerGroupsAsync"/> reads them again).</param>
    /// <returns>The new values; these stay as they are.</returns>
    /// <remarks>
    /// A group that is scaled to 0 now is a trap: the chart deploys an additional group that declares 0 with the default group's
    /// number. <see cref="Validate"/> reports it.
    /// </remarks>
    public HelmValues WithLiveReplicas(HelmCluster cluster)
    {
        ArgumentNullException.ThrowIfNull(cluster);
        HelmValues values = this;
        foreach (WorkerGroup group in cluster.WorkerGroups)
        {
            values = values.WithReplicas(group.Name, group.Desired);
        }

        return values;
    }
}
