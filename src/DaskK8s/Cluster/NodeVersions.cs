namespace DaskK8s;

/// <summary>The versions of one scheduler or worker.</summary>
/// <param name="Python">Python's version: <c>3.11.2.final.0</c>.</param>
/// <param name="Packages">The packages: distributed, dask, msgpack, cloudpickle, toolz, numpy, pandas, lz4… Null: not installed.</param>
/// <param name="Group">The worker group, or null for the scheduler and for a worker whose pod is unknown.</param>
/// <param name="Image">The image of the group's pods, or null if the group is null.</param>
public sealed record NodeVersions(string? Python, IReadOnlyDictionary<string, string?> Packages, string? Group = null, string? Image = null);
