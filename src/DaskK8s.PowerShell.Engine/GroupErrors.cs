namespace DaskK8s.PowerShell;

/// <summary>Creates the library's own error about a group that is not there, for what is known without a call.</summary>
public static class GroupErrors
{
    /// <summary>Creates the error for an unknown group, which lists the known ones.</summary>
    /// <param name="cluster">The cluster.</param>
    /// <param name="name">The name.</param>
    /// <returns>The error.</returns>
    public static WorkerGroupNotFoundException NotFound(HelmCluster cluster, string name)
    {
        ArgumentNullException.ThrowIfNull(cluster);
        return new WorkerGroupNotFoundException(name, cluster.Release.Name, cluster.Namespace, [.. cluster.WorkerGroups.Select(static g => g.Name)]);
    }
}
