namespace DaskK8s;

/// <summary>A release of the Dask chart that was found, without its scheduler being dialled.</summary>
public sealed record DiscoveredRelease
{
    /// <summary>Gets the release's name.</summary>
    public required string Name { get; init; }

    /// <summary>Gets the release's namespace.</summary>
    public required string Namespace { get; init; }

    /// <summary>Gets the instance of the Dask chart where the release has several, as <see cref="HelmClusterOptions.Instance"/> takes it; else null.</summary>
    public string? Instance { get; init; }

    /// <summary>Gets what manages the release, as far as its objects tell: <c>Helm</c>, <c>Argo CD (application research)</c>; null where nothing tells it.</summary>
    public string? ManagedBy { get; init; }

    /// <summary>Gets what Helm says about the newest revision of a release that is not deployed: why its install failed.</summary>
    /// <value>Null where the release is deployed, and where the record may not be read.</value>
    public string? Description { get; init; }

    /// <summary>Gets the chart with its version as the labels have it (<c>dask-2025.11.0</c>), or null where they do not say.</summary>
    public string? Chart { get; init; }

    /// <summary>Gets Helm's newest revision, or null where Helm's records may not be read.</summary>
    public int? Revision { get; init; }

    /// <summary>Gets the newest revision's status, or null where Helm's records may not be read.</summary>
    public HelmReleaseStatus? Status { get; init; }

    /// <summary>Gets the type of the scheduler's Service (ClusterIP, NodePort, LoadBalancer), or null where there is none or Services may not be read.</summary>
    public string? SchedulerServiceType { get; init; }

    /// <summary>Gets whether the scheduler's pod is ready.</summary>
    public required bool IsSchedulerReady { get; init; }

    /// <summary>Gets the worker groups, the default one first.</summary>
    public required IReadOnlyList<DiscoveredGroup> WorkerGroups { get; init; }

    /// <summary>Gets how many workers' pods are ready, over all groups.</summary>
    public int ReadyWorkers => WorkerGroups.Sum(static g => g.Ready);

    /// <summary>Gets the cluster's name as <see cref="HelmCluster.FromNameAsync"/> takes it: <c>release.namespace</c> or <c>release/instance.namespace</c>.</summary>
    public string ClusterName => Instance is null ? $"{Name}.{Namespace}" : $"{Name}/{Instance}.{Namespace}";

    /// <summary>Returns the release in a line.</summary>
    /// <returns>The line.</returns>
    public override string ToString() =>
        $"{ClusterName}: {Chart ?? "chart unknown"}, {(Status is null or HelmReleaseStatus.Deployed ? "" : $"{Status}, ")}{string.Join(", ", WorkerGroups.Select(static g => FormattableString.Invariant($"{g.Name} {g.Ready}/{g.Desired}")))}";
}
