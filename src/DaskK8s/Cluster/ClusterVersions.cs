namespace DaskK8s;

/// <summary>The versions of Python and of the packages that must match, on the scheduler and on each worker.</summary>
/// <param name="Scheduler">The versions on the scheduler.</param>
/// <param name="Workers">The versions on the workers, by address.</param>
/// <param name="Mismatches">The packages that differ, as in the warning of Dask's own client; empty if all match.</param>
public sealed record ClusterVersions(
    NodeVersions Scheduler, IReadOnlyDictionary<string, NodeVersions> Workers, IReadOnlyList<VersionMismatch> Mismatches);
