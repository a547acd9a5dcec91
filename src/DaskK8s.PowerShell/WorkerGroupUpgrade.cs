namespace DaskK8s.PowerShell;

/// <summary>Changed values, and the command that applies them to the cluster.</summary>
public sealed class WorkerGroupUpgrade
{
    internal WorkerGroupUpgrade(string group, string yaml, string command, string? path, IReadOnlyList<HelmValuesProblem> problems) =>
        (Group, Yaml, Command, Path, Problems) = (group, yaml, command, path, problems);

    /// <summary>Gets the group that was added or changed.</summary>
    public string Group { get; }

    /// <summary>Gets the values file.</summary>
    public string Yaml { get; }

    /// <summary>Gets the command for a POSIX shell.</summary>
    /// <value>Empty if another tool than Helm manages the release.</value>
    public string Command { get; }

    /// <summary>Gets the file that was written.</summary>
    /// <value>Null if none was written.</value>
    public string? Path { get; }

    /// <summary>Gets the values that the chart would reject or interpret differently than expected.</summary>
    public IReadOnlyList<HelmValuesProblem> Problems { get; }
}
