using DaskK8s.WorkerGroups;

namespace DaskK8s;

/// <summary>
/// A worker group of a release as of the last read: the default one, or one of the chart's
/// <c>additional_worker_groups</c>. Read it again with <see cref="HelmCluster.GetWorkerGroupsAsync"/>.
/// </summary>
public sealed class WorkerGroup
{
    private readonly ScaleGroup _scale;

    internal WorkerGroup(ScaleGroup scale) => _scale = scale;

    /// <summary>Gets the group's name in the values; the default group has the name of the worker component (<c>worker</c>).</summary>
    public required string Name { get; init; }

    /// <summary>Gets whether this is the release's default group.</summary>
    public required bool IsDefault { get; init; }

    /// <summary>Gets the name of the group's Deployment.</summary>
    public required string DeploymentName { get; init; }

    /// <summary>Gets the replicas that the release's values declare, or null if the values cannot be read.</summary>
    /// <remarks>
    /// The chart deploys an additional group that declares 0 with the default group's number (zero counts as empty in the chart's
    /// template), so a 0 here with a larger <see cref="Desired"/> right after an upgrade comes from the chart.
    /// </remarks>
    public required int? Declared { get; init; }

    /// <summary>Gets the replicas that the next <c>helm upgrade</c> would set (the number in the release's manifest), or null if it cannot be read.</summary>
    public required int? Deployed { get; init; }

    /// <summary>Gets the desired replicas of the Deployment.</summary>
    public required int Desired { get; init; }

    /// <summary>Gets the number of ready pods of the group.</summary>
    public required int Ready { get; init; }

    /// <summary>Gets the image of the worker container.</summary>
    public required string Image { get; init; }

    /// <summary>Gets the command that starts a worker: <c>dask-worker</c>, <c>dask-cuda-worker</c>, <c>dask worker</c>.</summary>
    public required string WorkerCommand { get; init; }

    /// <summary>Gets the worker container's complete arguments, starting with its command if it has one.</summary>
    public required IReadOnlyList<string> Arguments { get; init; }

    /// <summary>Gets the resources that each Dask worker offers to tasks (<c>--resources GPU=1</c>).</summary>
    public required IReadOnlyDictionary<string, double> DaskResources { get; init; }

    /// <summary>Gets the resource requests of each pod, as Kubernetes quantities.</summary>
    public required IReadOnlyDictionary<string, string> Requests { get; init; }

    /// <summary>Gets the resource limits of each pod, as Kubernetes quantities.</summary>
    public required IReadOnlyDictionary<string, string> Limits { get; init; }

    /// <summary>Gets the GPUs per pod: the sum of <c>nvidia.com/gpu</c>, <c>amd.com/gpu</c>, <c>gpu.intel.com/*</c> and MIG slices in its limits.</summary>
    public required int GpuCount { get; init; }

    /// <summary>Gets the labels that a node must have.</summary>
    public required IReadOnlyDictionary<string, string> NodeSelector { get; init; }

    /// <summary>Gets the taints that the pods tolerate.</summary>
    public required IReadOnlyList<Toleration> Tolerations { get; init; }

    /// <summary>Gets the group's pods as of the last read, including terminating pods.</summary>
    /// <value>Empty until pods are read (<see cref="HelmCluster.GetWorkerGroupsAsync"/>, a wait): connecting only reads Deployments.</value>
    public required IReadOnlyList<WorkerPod> Pods { get; init; }

    /// <summary>Scales the group: <see cref="HelmCluster.ScaleAsync(int, string?, CancellationToken)"/> for this group.</summary>
    /// <param name="replicas">The number of pods.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <returns>The outcome of the scaling.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The number is negative, or larger than <see cref="HelmClusterOptions.MaxReplicas"/>.</exception>
    /// <exception cref="KubernetesApiException">The API server refused or could not answer.</exception>
    public Task<ScaleResult> ScaleAsync(int replicas, CancellationToken cancellationToken = default) =>
        _scale(replicas, Name, cancellationToken);

    /// <summary>Returns the group as one line: <c>gpu-workers: 2/2 ready, GPU=1</c>.</summary>
    /// <returns>The line.</returns>
    public override string ToString()
    {
        string resources = string.Join(",", DaskResources.Select(static r => FormattableString.Invariant($"{r.Key}={r.Value}")));
        return FormattableString.Invariant($"{Name}: {Ready}/{Desired} ready{(resources.Length == 0 ? "" : ", " + resources)}");
    }
}
