namespace DaskK8s;

/// <summary>A discovered release of the Dask chart; discovery does not connect to its scheduler.</summary>
public sealed record DiscoveredRelease
{
    /// <summary>Gets the release's name.</summary>
    public required string Name { get; init; }

    /// <summary>Gets the release's namespace.</summary>
    public required string Namespace { get; init; }

    /// <summary>Gets the chart's instance if the release has several, for <see cref="HelmClusterOptions.Instance"/>; otherwise null.</summary>
    public string? Instance { get; init; }

    /// <summary>Gets the tool that manages the release: <c>Helm</c>, <c>Argo CD (application research)</c>; null if unknown.</summary>
    public string? ManagedBy { get; init; }

    /// <summary>Gets Helm's description of the newest revision if the release is not deployed, such as why its install failed.</summary>
    /// <value>Null if the release is deployed or its record cannot be read.</value>
    public string? Description { get; init; }

    /// <summary>Gets the chart and its version from the labels (<c>dask-2025.11.0</c>), or null if they do not include it.</summary>
    public string? Chart { get; init; }

    /// <summary>Gets Helm's newest revision, or null if Helm's records cannot be read.</summary>
    public int? Revision { get; init; }

    /// <summary>Gets the newest revision's status, or null if Helm's records cannot be read.</summary>
    public HelmReleaseStatus? Status { get; init; }

    /// <summary>Gets the type of the scheduler's Service (ClusterIP, NodePort, LoadBalancer), or null if none can be read.</summary>
    public string? SchedulerServiceType { get; init; }

    /// <summary>Gets whether the scheduler's pod is ready.</summary>
    public required bool IsSchedulerReady { get; init; }

    /// <summary>Gets the worker groups, the default one first.</summary>
    public required IReadOnlyList<DiscoveredGroup> WorkerGroups { get; init; }

    /// <summary>Gets the number of ready worker pods in all groups.</summary>
    public int ReadyWorkers => WorkerGroups.Sum(static g => g.Ready);

    /// <summary>Gets the cluster's name for <see cref="HelmCluster.FromNameAsync"/>: <c>release.namespace</c> or <c>release/instance.namespace</c>.</summary>
    public string ClusterName => Instance is null ? $"{Name}.{Namespace}" : $"{Name}/{Instance}.{Namespace}";

    /// <summary>Returns the release as one line.</summary>
    /// <returns>The line.</returns>
    public override string ToString() =>
        $"{ClusterName}: {Chart ?? "chart unknown"}, {(Status is null or HelmReleaseStatus.Deployed ? "" : $"{Status}, ")}{string.Join(", ", WorkerGroups.Select(static g => FormattableString.Invariant($"{g.Name} {g.Ready}/{g.Desired}")))}";
}
