namespace DaskK8s.PowerShell;

/// <summary>Makes the library's own error about a group that is not there, for what is known without a call.</summary>
public static class GroupErrors
{
    /// <summary>Says that a cluster has no group of a name, and which it has.</summary>
    /// <param name="cluster">The cluster.</param>
    /// <param name="name">The name.</param>
    /// <returns>The error.</returns>
    public static WorkerGroupNotFoundException NotFound(HelmCluster cluster, string name)
    {
        ArgumentNullException.ThrowIfNull(cluster);
        return new WorkerGroupNotFoundException(name, cluster.Release.Name, cluster.Namespace, [.. cluster.WorkerGroups.Select(static g => g.Name)]);
    }
}
