namespace DaskK8s;

/// <summary>Holds the releases that were found, and what could not be looked at.</summary>
/// <param name="Releases">The releases, by namespace and name.</param>
/// <param name="Limitations">What could not be read, and why: a namespace that is closed, Helm's records, Services.</param>
public sealed record DiscoveryResult(IReadOnlyList<DiscoveredRelease> Releases, IReadOnlyList<ClusterLimitation> Limitations);
