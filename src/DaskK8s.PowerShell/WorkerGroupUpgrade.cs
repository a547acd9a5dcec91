namespace DaskK8s.PowerShell;

/// <summary>A changed set of values, and the command that would bring it to the cluster.</summary>
public sealed class WorkerGroupUpgrade
{
    internal WorkerGroupUpgrade(string group, string yaml, string command, string? path, IReadOnlyList<HelmValuesProblem> problems) =>
        (Group, Yaml, Command, Path, Problems) = (group, yaml, command, path, problems);

    /// <summary>Gets the group that was added or changed.</summary>
    public string Group { get; }

    /// <summary>Gets the values file.</summary>
    public string Yaml { get; }

    /// <summary>Gets the command for a POSIX shell.</summary>
    /// <value>Empty where another tool than Helm manages the release.</value>
    public string Command { get; }

    /// <summary>Gets the file that was written.</summary>
    /// <value>Null where none was.</value>
    public string? Path { get; }

    /// <summary>Gets what the chart would refuse, or take otherwise than it looks.</summary>
    public IReadOnlyList<HelmValuesProblem> Problems { get; }
}
