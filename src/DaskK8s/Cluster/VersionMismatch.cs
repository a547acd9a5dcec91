namespace DaskK8s;

/// <summary>A package whose version in a worker group differs from the scheduler's or from other groups'.</summary>
/// <param name="Package">The package, or <c>python</c>.</param>
/// <param name="Scheduler">The scheduler's version, or null if it has none.</param>
/// <param name="Groups">Each group's versions.</param>
public sealed record VersionMismatch(string Package, string? Scheduler, IReadOnlyDictionary<string, IReadOnlyList<string>> Groups)
{
    /// <summary>Returns the mismatch as one line: <c>numpy: scheduler 1.26, gpu-workers 2.1</c>.</summary>
    /// <returns>The line.</returns>
    public override string ToString() =>
        $"{Package}: scheduler {Scheduler ?? "none"}, {string.Join(", ", Groups.Select(static g => $"{g.Key} {string.Join("/", g.Value)}"))}";
}
