using DaskK8s.KubeApi;
using DaskK8s.Workers;

namespace DaskK8s;

public sealed partial class HelmCluster
{
    /// <summary>Connects to a release.</summary>
    /// <param name="releaseName">The release's name.</param>
    /// <param name="options">How to connect; null for the defaults.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    /// <returns>The connected cluster.</returns>
    public static Task<HelmCluster> ConnectAsync(
        string releaseName, HelmClusterOptions? options = null, CancellationToken cancellationToken = default) =>
        throw new NotImplementedException();

    /// <summary>Connects to a release by the cluster's name.</summary>
    /// <param name="name">The name: <c>release.namespace</c>, split at the last dot.</param>
    /// <param name="options">How to connect; null for the defaults.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    /// <returns>The connected cluster.</returns>
    public static Task<HelmCluster> FromNameAsync(
        string name, HelmClusterOptions? options = null, CancellationToken cancellationToken = default) =>
        throw new NotImplementedException();

    /// <summary>Gets what could not be read or used, and why; empty where nothing is missing.</summary>
    public IReadOnlyList<ClusterLimitation> Limitations { get; private set; } = [];

    /// <summary>Reads the worker groups again.</summary>
    /// <param name="cancellationToken">Ends the call.</param>
    /// <returns>The groups, the default one first, the others in the order of the values.</returns>
    public async Task<IReadOnlyList<WorkerGroup>> GetWorkerGroupsAsync(CancellationToken cancellationToken = default)
    {
        WorkloadSnapshot snapshot = await _workloads.ReadAsync(cancellationToken).ConfigureAwait(false);
        _workerGroups = GroupBuilder.Build(this, _plans, snapshot);
        return _workerGroups;
    }

    internal static HelmCluster Create(string releaseName, HelmClusterOptions options, KubeConnection connection, IReadOnlyList<GroupPlan> plans) =>
        new(releaseName, options, connection) { _plans = plans };
}
