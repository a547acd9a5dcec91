namespace DaskK8s;

/// <summary>Tells the versions of Python and of the packages that must agree, on the scheduler and on each worker.</summary>
/// <param name="Scheduler">The scheduler's.</param>
/// <param name="Workers">The workers', by address.</param>
/// <param name="Mismatches">Packages that differ, as Dask's own client would warn of them; empty where all agree.</param>
public sealed record ClusterVersions(
    NodeVersions Scheduler, IReadOnlyDictionary<string, NodeVersions> Workers, IReadOnlyList<VersionMismatch> Mismatches);
