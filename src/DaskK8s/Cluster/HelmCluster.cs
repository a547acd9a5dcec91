using System.Globalization;

using DaskK8s.Cluster;
using DaskK8s.Common;
using DaskK8s.Dask.Rpc;
using DaskK8s.Groups;
using DaskK8s.Helm;
using DaskK8s.Helm.Chart;
using DaskK8s.Kubernetes;
using DaskK8s.Reach;

using Microsoft.Extensions.Logging;

namespace DaskK8s;

/// <summary>
/// A connection to one release of the Dask Helm chart: its values, its worker groups, its scheduler and its workers.
/// </summary>
/// <remarks>
/// Create it with <see cref="ConnectAsync"/>. It is safe for use by several threads. Disposing it closes what it opened on this
/// machine (forwards, and the client unless one was given); the release itself is never touched: to remove it, run
/// <c>helm uninstall</c>.
/// </remarks>
public sealed partial class HelmCluster : IAsyncDisposable
{
    /// <summary>The number of pods up to which a release is listed anew for each look: that costs less than a watch.</summary>
    private const int MaxListedPods = 500;

    private static readonly TimeSpan DrainLimit = TimeSpan.FromSeconds(1);

    private readonly HelmClusterOptions _options;
    private readonly KubeRequests _requests;
    private readonly ReleaseStorage _storage;
    private readonly Workloads _workloads;
    private readonly ILogger _logger;
    private readonly string _releaseName;

    private ReleasePlan? _plan;
    private string? _recordNamespace;
    private string? _notReached;
    private string? _waitsFor;
    private IReadOnlyList<WorkerGroup> _workerGroups = [];
    private bool _arePodsKnown;
    private PodFollow? _followedPods;
    private Dictionary<string, string> _groupsByIP = [];
    private SchedulerInfo? _schedulerInfo;
    private SchedulerVersion? _schedulerVersion;
    private SchedulerLink? _link;
    private readonly Lifetime _lifetime = new(typeof(HelmCluster));

    private HelmCluster(string releaseName, HelmClusterOptions options, KubeConnection connection)
    {
        _releaseName = releaseName;
        _options = options;
        _requests = ToRequests(options, connection);
        _logger = _requests.Logger;
        _storage = new ReleaseStorage(_requests, options.MaxReleaseBytes);
        _workloads = new Workloads(_requests, releaseName);
    }

    /// <summary>Gets the cluster's name: <c>release.namespace</c>, as <see cref="FromNameAsync"/> takes it.</summary>
    /// <value>For a release with several instances of the Dask chart <c>release/instance.namespace</c>.</value>
    public string Name => _plan?.Release.Instances.Count > 1 ? $"{_releaseName}/{_plan.Release.Instance}.{Namespace}" : $"{_releaseName}.{Namespace}";

    /// <summary>Gets the release's namespace.</summary>
    public string Namespace => _requests.Connection.Namespace;

    /// <summary>Gets the kube context that serves every call, or null in a pod or with a client that was given.</summary>
    public string? Context => _requests.Connection.Context;

    /// <summary>Gets the release as it was read last.</summary>
    public HelmRelease Release => _plan!.Release;

    /// <summary>Gets the worker groups as they were read last, the default one first, the others in the order of the values.</summary>
    public IReadOnlyList<WorkerGroup> WorkerGroups => _workerGroups;

    /// <summary>Gets the scheduler and its workers as they were read last, or null where the scheduler is not reached.</summary>
    public SchedulerInfo? SchedulerInfo => _schedulerInfo;

    /// <summary>Gets the Dask address for clients on this machine (<c>tcp://127.0.0.1:8786</c>), or null where the scheduler is not reached.</summary>
    public string? SchedulerAddress => _link?.Address;

    /// <summary>Gets the dashboard's page, reachable from this machine, or null where there is none.</summary>
    /// <value>The local port of the forward; where the scheduler is reached directly, the release's ingress, Service or scheduler says.</value>
    public string? DashboardLink => _link is null
        ? _plan?.Scheduler.IngressLink
        : _link.DashboardForward is null ? _plan?.Scheduler.IngressLink ?? _link.DashboardLink ?? LinkFromServices() : _link.DashboardLink;

    /// <summary>Gets where the release's Jupyter is served (its ingress, else its Service's name in the cluster), or null where it has none.</summary>
    public string? JupyterLink => _plan?.JupyterLink;

    /// <summary>Gets the local port of the scheduler, or null where it is reached without one.</summary>
    public PortForward? SchedulerForward => _link?.SchedulerForward;

    /// <summary>Gets the local port of the dashboard, or null where it is reached without one.</summary>
    public PortForward? DashboardForward => _link?.DashboardForward;

    /// <summary>Gets what could not be read or used, and why; empty where nothing is missing.</summary>
    public IReadOnlyList<ClusterLimitation> Limitations { get; private set; } = [];

    /// <summary>Reads the release and its worker groups again.</summary>
    /// <remarks>The pods of a release with more than 500 workers are listed once and followed from then on: a change of the last moment may be missing.</remarks>
    /// <param name="cancellationToken">Ends the call.</param>
    /// <returns>The groups, the default one first, the others in the order of the values.</returns>
    /// <exception cref="HelmReleaseObjectsMissingException">The release was uninstalled since.</exception>
    /// <exception cref="KubernetesApiException">The API server refused or could not answer.</exception>
    public Task<IReadOnlyList<WorkerGroup>> GetWorkerGroupsAsync(CancellationToken cancellationToken = default) =>
        _lifetime.RunAsync(ReadWorkerGroupsAsync, cancellationToken);

    private async Task<IReadOnlyList<WorkerGroup>> ReadWorkerGroupsAsync(CancellationToken cancellationToken)
    {
        if (_workerGroups.Sum(static g => (long)g.Desired) > MaxListedPods)
        {
            LazyInitializer.EnsureInitialized(ref _followedPods, () => new PodFollow(_workloads, _options.TimeProvider));
        }

        WorkloadSnapshot snapshot = await (_followedPods is { } followed
            ? _workloads.ReadAsync(ct => followed.ReadAsync(atLeast: 0, ct), cancellationToken)
            : _workloads.ReadAsync(cancellationToken)).ConfigureAwait(false);
        ThrowIfUninstalled(snapshot.Deployments);
        Apply(snapshot);
        OnChanged();
        return _workerGroups;
    }

    /// <summary>Asks the scheduler for its state and that of its workers, each with the group that its pod belongs to.</summary>
    /// <param name="cancellationToken">Ends the call.</param>
    /// <returns>The scheduler's state.</returns>
    /// <exception cref="SchedulerUnreachableException">The scheduler is not reached; <see cref="Limitations"/> says why.</exception>
    /// <exception cref="SchedulerTimeoutException">It did not answer within <see cref="HelmClusterOptions.SchedulerTimeout"/>.</exception>
    public Task<SchedulerInfo> GetSchedulerInfoAsync(CancellationToken cancellationToken = default) =>
        _lifetime.RunAsync(ReadSchedulerInfoAsync, cancellationToken);

    private async Task<SchedulerInfo> ReadSchedulerInfoAsync(CancellationToken cancellationToken)
    {
        SchedulerRpc rpc = RequireLink().Rpc;
        SchedulerInfo info = await rpc.IdentityAsync(cancellationToken).ConfigureAwait(false);
        if (_schedulerVersion?.Id != info.Id)
        {
            // One process has one version: it is asked once for each.
            _schedulerVersion = new SchedulerVersion(info.Id, await ReadVersionAsync(rpc, cancellationToken).ConfigureAwait(false));
        }

        if (info.Workers.Any(w => !_groupsByIP.ContainsKey(w.Host)))
        {
            // A worker of a pod that was not there at the last look.
            await GetWorkerGroupsAsync(cancellationToken).ConfigureAwait(false);
        }

        _schedulerInfo = WithGroups(info);
        OnChanged();
        return _schedulerInfo;
    }

    /// <summary>Returns the cluster in a line, as Python's <c>HelmCluster</c> does, from what was read last; it never blocks.</summary>
    /// <returns><c>HelmCluster(my-dask.default, 'tcp://127.0.0.1:8786', workers=4, threads=4, memory=2.00 GiB)</c>.</returns>
    public override string ToString() => _schedulerInfo is { } info
        ? string.Create(
            CultureInfo.InvariantCulture,
            $"HelmCluster({Name}, '{SchedulerAddress}', workers={info.WorkerCount}, threads={info.TotalThreads}, memory={DaskBytes.Format(info.TotalMemory)})")
        : string.Create(
            CultureInfo.InvariantCulture, $"HelmCluster({Name}, not connected to a scheduler, pods={_workerGroups.Sum(static g => g.Ready)})");

    /// <summary>Closes the forwards and the client; the release goes on.</summary>
    /// <returns>A task that ends when all is closed.</returns>
    public async ValueTask DisposeAsync()
    {
        if (!_lifetime.TryEnd())
        {
            return;
        }

        // Calls under way put back what they have begun (marks, fields), as far as that is quick.
        await _lifetime.DrainAsync(DrainLimit, _options.TimeProvider).ConfigureAwait(false);
        if (_followedPods is { } followed)
        {
            await followed.DisposeAsync().ConfigureAwait(false);
        }

        await CloseForwardsAsync().ConfigureAwait(false);
        if (_link is { } link)
        {
            await link.DisposeAsync().ConfigureAwait(false);
        }

        _requests.Connection.Dispose();
        HelmClusterLog.Closed(_logger, _releaseName, Namespace);
    }

    private SchedulerLink RequireLink() => _link ?? throw new SchedulerUnreachableException(
        "", $"The scheduler of release {_releaseName} is not reached. {string.Join(" ", Limitations.Select(static l => l.ToString()).Prepend(_notReached).OfType<string>())}".TrimEnd());

    /// <exception cref="HelmReleaseObjectsMissingException">None of the release's Deployments exists any more.</exception>
    private void ThrowIfUninstalled(IEnumerable<k8s.Models.V1Deployment> deployments)
    {
        if (_plan is { Deployments.Count: > 0 } plan && !deployments.Any(d => plan.Deployments.Contains(d.Metadata.Name)))
        {
            throw new HelmReleaseObjectsMissingException(plan.Release, Namespace, plan.Deployments, isConnected: true);
        }
    }

    private string? LinkFromServices() =>
        _schedulerInfo is { } info && info.Services.TryGetValue("dashboard", out int port) && Uri.TryCreate(_link?.Address, UriKind.Absolute, out Uri? address)
            ? string.Create(CultureInfo.InvariantCulture, $"http://{address.Host}:{port}/status")
            : null;

    /// <summary>Reads the version, or gives null where the scheduler does not tell (operations can be blocked): nothing depends on it.</summary>
    private static async Task<string?> ReadVersionAsync(SchedulerRpc rpc, CancellationToken cancellationToken)
    {
        try
        {
            return (await rpc.VersionsAsync(cancellationToken).ConfigureAwait(false)).GetValueOrDefault("distributed");
        }
        catch (Exception e) when (e is DaskRpcException or DaskProtocolException)
        {
            return null;
        }
    }

    private SchedulerInfo WithGroups(SchedulerInfo info) => info with
    {
        Version = _schedulerVersion is { } known && known.Id == info.Id ? known.Version : null,
        Workers = [.. info.Workers.Select(w => _groupsByIP.TryGetValue(w.Host, out string? group) ? w with { Group = group } : w)],
    };

    private sealed record SchedulerVersion(string Id, string? Version);
}
