namespace DaskK8s;

/// <summary>Extension methods that set values from a running release.</summary>
public static class HelmValuesExtensions
{
    /// <summary>Returns the values with each worker group's replicas set to the current number, so that the next upgrade keeps it.</summary>
    /// <param name="values">The values to start from; they are not changed.</param>
    /// <param name="cluster">The cluster, with its groups as of the last read (<see cref="HelmCluster.GetWorkerGroupsAsync"/> updates them).</param>
    /// <returns>The new values.</returns>
    /// <remarks>
    /// Beware of groups scaled to 0: the chart deploys an additional group that declares 0 with the default group's
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
