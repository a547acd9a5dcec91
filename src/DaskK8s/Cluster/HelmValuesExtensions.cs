namespace DaskK8s;

/// <summary>Values that follow a running release.</summary>
public static class HelmValuesExtensions
{
    /// <summary>Returns the values with each worker group's replicas set to what runs now, so that the next upgrade keeps them.</summary>
    /// <param name="values">The values to start from; they stay as they are.</param>
    /// <param name="cluster">The cluster whose groups were read last (<see cref="HelmCluster.GetWorkerGroupsAsync"/> reads them again).</param>
    /// <returns>The new values.</returns>
    /// <remarks>
    /// A group that is scaled to 0 now is a trap: the chart deploys an additional group that declares 0 with the default group's
    /// number. <see cref="HelmValues.Validate"/> reports it.
    /// </remarks>
    public static HelmValues WithLiveReplicas(this HelmValues values, HelmCluster cluster)
    {
        ArgumentNullException.ThrowIfNull(values);
        ArgumentNullException.ThrowIfNull(cluster);
        foreach (WorkerGroup group in cluster.WorkerGroups)
        {
            values = values.WithReplicas(group.Name, group.Desired);
        }

        return values;
    }
}
