namespace DaskK8s.PowerShell;

/// <summary>Says that a release has no worker group of a name, and which groups it has.</summary>
public sealed class GroupMissingException : ArgumentException
{
    internal GroupMissingException(string group, HelmCluster cluster)
        : base($"The release {cluster.Release.Name} in namespace {cluster.Namespace} has no worker group \"{group}\". "
            + $"It has: {string.Join(", ", cluster.WorkerGroups.Select(static g => g.Name))}.") =>
        (WorkerGroup, KnownGroups) = (group, [.. cluster.WorkerGroups.Select(static g => g.Name)]);

    /// <summary>Gets the name that was asked for.</summary>
    public string WorkerGroup { get; }

    /// <summary>Gets the groups that there are.</summary>
    public IReadOnlyList<string> KnownGroups { get; }
}
