using System.Diagnostics;

using DaskK8s.Cluster;
using DaskK8s.Common;
using DaskK8s.Groups;
using DaskK8s.Kubernetes;

using k8s.Models;

namespace DaskK8s;

public sealed partial class HelmCluster
{
    /// <summary>Connects to a release: reads it, finds its worker groups and connects to its scheduler.</summary>
    /// <param name="releaseName">The release's name.</param>
    /// <param name="options">How to connect; null for the defaults.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <returns>The connected cluster; its addresses are reachable.</returns>
    /// <exception cref="ArgumentException">The name is not that of a release, or an option is not valid.</exception>
    /// <exception cref="KubeConfigException">The kubeconfig or the context does not exist, or the kubeconfig cannot be read.</exception>
    /// <exception cref="HelmReleaseInstanceException">The release has several instances of the Dask chart, and none was selected.</exception>
    /// <exception cref="HelmReleaseException">The release is not found (<see cref="HelmReleaseNotFoundException"/>), of another chart, or unreadable.</exception>
    /// <exception cref="KubernetesApiException">The API server refused or timed out (<see cref="HelmClusterOptions.ConnectTimeout"/>).</exception>
    /// <exception cref="SchedulerUnreachableException">The scheduler could not be reached within <see cref="HelmClusterOptions.ConnectTimeout"/>.</exception>
    /// <exception cref="PortForwardException">A requested local port is in use.</exception>
    public static async Task<HelmCluster> ConnectAsync(
        string releaseName, HelmClusterOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(releaseName);
        if (!ClusterName.IsRelease(releaseName))
        {
            throw new ArgumentException(
                $"\"{releaseName}\" is not a valid Helm release name: lower-case letters, digits, '-' and '.', at most {ClusterName.LongestRelease}, beginning and ending with a letter or digit.",
                nameof(releaseName));
        }

        options ??= new HelmClusterOptions();
        options.Validate();
        using TimeLimit limit = new(options.ConnectTimeout, options.TimeProvider, cancellationToken);
        KubeConnection connection = await options.OpenAsync(limit.Token).ConfigureAwait(false);
        using Activity? activity = Telemetry.Begin(Telemetry.ConnectActivity, releaseName, connection.Namespace);
        HelmCluster cluster = new(releaseName, options, connection);
        try
        {
            await cluster.StartAsync(limit.Token).ConfigureAwait(false);
            return cluster;
        }
        catch (OperationCanceledException e) when (limit.Passed)
        {
            activity.Fail(e);
            DaskK8sException late = await cluster._connector.NotInTimeAsync(cancellationToken).ConfigureAwait(false);
            await cluster.DisposeAsync().ConfigureAwait(false);
            throw late;
        }
        catch (Exception e)
        {
            activity.Fail(e);
            await cluster.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>Determines whether a string is a valid name of a Helm release.</summary>
    /// <param name="name">The text.</param>
    /// <returns>True if Helm accepts the name.</returns>
    public static bool IsReleaseName(string? name) => ClusterName.IsRelease(name);

    /// <summary>Connects to a release by the cluster's name.</summary>
    /// <param name="name">The name: <c>release.namespace</c>, or <c>release/instance.namespace</c>, split at the last dot (a release name can contain dots, a namespace cannot).</param>
    /// <param name="options">How to connect; its namespace, if set, must match the name's.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <returns>The connected cluster.</returns>
    /// <exception cref="ArgumentException">The name has no dot, or an option contradicts it.</exception>
    public static Task<HelmCluster> FromNameAsync(
        string name, HelmClusterOptions? options = null, CancellationToken cancellationToken = default)
    {
        (string release, HelmClusterOptions named) = ClusterName.Parse(name, options);
        return ConnectAsync(release, named, cancellationToken);
    }

    private async Task StartAsync(CancellationToken cancellationToken)
    {
        Task<IList<V1Pod>> scheduler = _connector.ListPodsAsync(cancellationToken);
        (_state.Plan, WorkloadSnapshot snapshot) = await _reader.ReadAsync(scheduler, cancellationToken).ConfigureAwait(false);
        _state.Apply(snapshot);
        _state.ThrowIfMissing(snapshot);
        await _strays.GiveBackAsync(snapshot.Deployments, _state.Plan.Groups, cancellationToken).ConfigureAwait(false);
        _link = await _connector.OpenAsync(snapshot with { Pods = [.. await scheduler.ConfigureAwait(false)] }, cancellationToken).ConfigureAwait(false);
        HelmClusterLog.Connected(_logger, _releaseName, Namespace, SchedulerAddress, SchedulerInfo?.WorkerCount ?? 0);
    }
}
