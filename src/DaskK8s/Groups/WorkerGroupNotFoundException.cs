namespace DaskK8s;

/// <summary>The exception that is thrown when a release has no worker group of the requested name.</summary>
public sealed class WorkerGroupNotFoundException : DaskK8sException
{
    internal WorkerGroupNotFoundException(string workerGroup, string release, string @namespace, IReadOnlyList<string> knownGroups)
        : base($"The release {release} in namespace {@namespace} has no worker group \"{workerGroup}\". It has: {string.Join(", ", knownGroups)}.")
    {
        WorkerGroup = workerGroup;
        Release = release;
        Namespace = @namespace;
        KnownGroups = knownGroups;
    }

    /// <summary>Gets the requested name.</summary>
    public string WorkerGroup { get; }

    /// <summary>Gets the release's name.</summary>
    public string Release { get; }

    /// <summary>Gets the release's namespace.</summary>
    public string Namespace { get; }

    /// <summary>Gets the names of the existing groups, the default one first.</summary>
    public IReadOnlyList<string> KnownGroups { get; }
}
