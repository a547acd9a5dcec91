namespace DaskK8s.PowerShell;

/// <summary>The exception that is thrown when a command needs a cluster and none, or none of that name, is connected.</summary>
public sealed class NoClusterException : InvalidOperationException
{
    internal NoClusterException(string message)
        : base(message)
    {
    }

    internal static NoClusterException ForNothing() =>
        new("No cluster is connected in this session. Connect with Connect-DaskCluster, or give one with -Cluster.");

    internal static NoClusterException ForName(string name, IEnumerable<HelmCluster> connected) =>
        new($"No cluster \"{name}\" is connected in this session. Connected: {string.Join(", ", connected.Select(static c => c.Name).DefaultIfEmpty("none"))}.");
}
