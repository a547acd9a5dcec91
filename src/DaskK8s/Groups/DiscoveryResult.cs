namespace DaskK8s;

/// <summary>The discovered releases, and what could not be read.</summary>
/// <param name="Releases">The releases, by namespace and name.</param>
/// <param name="Limitations">What could not be read, and why: a forbidden namespace, Helm's records, Services.</param>
public sealed record DiscoveryResult(IReadOnlyList<DiscoveredRelease> Releases, IReadOnlyList<ClusterLimitation> Limitations);
