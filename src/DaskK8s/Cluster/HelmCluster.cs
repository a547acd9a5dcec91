using System.Globalization;

using DaskK8s.Cluster;
using DaskK8s.Common;
using DaskK8s.Dask.Rpc;
using DaskK8s.Groups;
using DaskK8s.Helm.Chart;
using DaskK8s.Kubernetes;
using DaskK8s.Logs;
using DaskK8s.PortForwarding;
using DaskK8s.Reach;
using DaskK8s.Scaling;
using DaskK8s.Scaling.Lossless;
using DaskK8s.WorkerGroups;

using Microsoft.Extensions.Logging;

namespace DaskK8s;

/// <summary>
/// A connection to a release of the Dask Helm chart: its values, worker groups, scheduler and workers.
/// </summary>
/// <remarks>
/// Create it with <see cref="ConnectAsync"/>. It is thread-safe. Disposing it closes what it opened on this
/// machine (forwards, and the client unless one was given); the release itself is not changed: to remove it, run
/// <c>helm uninstall</c>.
/// </remarks>
public sealed partial class HelmCluster : IAsyncDisposable
{
    /// <summary>The number of pods up to which a release is listed for each read, which costs less than a watch.</summary>
    private const int MaxListedPods = 500;

    private static readonly TimeSpan DrainLimit = TimeSpan.FromSeconds(1);

    private readonly string _releaseName;
    private readonly HelmClusterOptions _options;
    private readonly KubeRequests _requests;
    private readonly ILogger _logger;
    private readonly Workloads _workloads;
    private readonly StrayFields _strays;
    private readonly ReleaseState _state;
    private readonly ReleaseReader _reader;
    private readonly SchedulerConnector _connector;
    private readonly GroupScaling _scaling;
    private readonly ReleaseLogs _logs;
    private readonly ForwardList _forwards;
    private readonly Lifetime _lifetime = new(typeof(HelmCluster));

    private SchedulerLink? _link;
    private WorkerHosts? _workerHosts;
    private WorkerDrain? _drain;
    private PodFollow? _followedPods;

    private HelmCluster(string releaseName, HelmClusterOptions options, KubeConnection connection)
    {
        _releaseName = releaseName;
        _options = options;
        _requests = options.RequestsOver(connection);
        _logger = _requests.Logger;
        _workloads = new Workloads(_requests, releaseName);
        _strays = new StrayFields(_requests, _workloads, releaseName);
        _state = new ReleaseState(releaseName, _requests, _strays, ScaleAsync);
        _reader = new ReleaseReader(releaseName, _requests, _workloads, options.Release, _state.Limit);
        _connector = new SchedulerConnector(options, _requests, _workloads, _state);
        _scaling = new GroupScaling(_requests, _workloads, releaseName, _strays, () => Drain);
        _logs = new ReleaseLogs(_requests, _workloads, releaseName, _state.ThrowIfUninstalled);
        _forwards = new ForwardList(connection, options.Transport, options.TimeProvider, GuardedLogger.Create(options.LoggerFactory, "DaskK8s.Forwarding"), _lifetime);
    }

    /// <summary>Gets the cluster's name: <c>release.namespace</c>, as accepted by <see cref="FromNameAsync"/>.</summary>
    /// <value><c>release/instance.namespace</c> for a release with several instances of the Dask chart.</value>
    public string Name => _state.IsRead && Release.Instances.Count > 1 ? $"{_releaseName}/{Release.Instance}.{Namespace}" : $"{_releaseName}.{Namespace}";

    /// <summary>Gets the release's namespace.</summary>
    public string Namespace => _requests.Connection.Namespace;

    /// <summary>Gets the kube context used for every call, or null in a pod or with a given client.</summary>
    public string? Context => _requests.Connection.Context;

    /// <summary>Gets the release as of the last read.</summary>
    public HelmRelease Release => _state.Plan.Release;

    /// <summary>Gets the worker groups as of the last read: the default one first, then the others in the order of the values.</summary>
    public IReadOnlyList<WorkerGroup> WorkerGroups => _state.Groups;

    /// <summary>Gets the scheduler and its workers as of the last read, or null if the scheduler cannot be reached.</summary>
    public SchedulerInfo? SchedulerInfo => _state.Scheduler;

    /// <summary>Gets the Dask address for clients on this machine (<c>tcp://127.0.0.1:8786</c>), or null if the scheduler is unreachable.</summary>
    public string? SchedulerAddress => _link?.Address;

    /// <summary>Gets the dashboard's URL, reachable from this machine, or null if there is none.</summary>
    /// <value>The local port of the forward; if the scheduler is reached directly, the address from the ingress, Service or scheduler.</value>
    public string? DashboardLink => _link?.DashboardForward is not null
        ? _link.DashboardLink
        : _state.Plan.Scheduler.IngressLink ?? _link?.DashboardLink ?? LinkFromServices();

    /// <summary>Gets the URL of the release's Jupyter (its ingress, or else its Service's name in the cluster), or null if it has none.</summary>
    public string? JupyterLink => _state.Plan.JupyterLink;

    /// <summary>Gets the forward to the scheduler, or null if it is reached without one.</summary>
    public PortForward? SchedulerForward => _link?.SchedulerForward;

    /// <summary>Gets the forward to the dashboard, or null if it is reached without one.</summary>
    public PortForward? DashboardForward => _link?.DashboardForward;

    /// <summary>Gets what could not be read or used, and why; empty if nothing is missing.</summary>
    public IReadOnlyList<ClusterLimitation> Limitations => _state.Limitations;

    /// <summary>Reads the release and its worker groups again.</summary>
    /// <remarks>The pods of a release with more than 500 workers are listed once and then watched, so the latest changes can be missing.</remarks>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <returns>The groups: the default one first, then the others in the order of the values.</returns>
    /// <exception cref="HelmReleaseObjectsMissingException">The release has been uninstalled.</exception>
    /// <exception cref="KubernetesApiException">The API server refused or could not answer.</exception>
    public Task<IReadOnlyList<WorkerGroup>> GetWorkerGroupsAsync(CancellationToken cancellationToken = default) =>
        _lifetime.RunAsync(ReadWorkerGroupsAsync, cancellationToken);

    private async Task<IReadOnlyList<WorkerGroup>> ReadWorkerGroupsAsync(CancellationToken cancellationToken)
    {
        if (WorkerGroups.Sum(static g => (long)g.Desired) > MaxListedPods)
        {
            LazyInitializer.EnsureInitialized(ref _followedPods, () => new PodFollow(_workloads, _options.TimeProvider));
        }

        WorkloadSnapshot snapshot = await (_followedPods is { } followed
            ? _workloads.ReadAsync(ct => followed.ReadAsync(atLeast: 0, ct), cancellationToken)
            : _workloads.ReadAsync(cancellationToken)).ConfigureAwait(false);
        _state.ThrowIfUninstalled(snapshot.Deployments);
        Take(snapshot);
        return WorkerGroups;
    }

    /// <summary>Returns the state of the scheduler and of its workers, each with the group of its pod.</summary>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <returns>The scheduler's state.</returns>
    /// <exception cref="SchedulerUnreachableException">The scheduler cannot be reached; <see cref="Limitations"/> says why.</exception>
    /// <exception cref="SchedulerTimeoutException">No answer within <see cref="HelmClusterOptions.SchedulerTimeout"/>.</exception>
    public Task<SchedulerInfo> GetSchedulerInfoAsync(CancellationToken cancellationToken = default) =>
        _lifetime.RunAsync(ReadSchedulerInfoAsync, cancellationToken);

    private async Task<SchedulerInfo> ReadSchedulerInfoAsync(CancellationToken cancellationToken)
    {
        SchedulerRpc rpc = RequireLink().Rpc;
        SchedulerInfo info = await rpc.IdentityAsync(cancellationToken).ConfigureAwait(false);
        if (!_state.KnowsVersionOf(info))
        {
            _state.NoteVersion(info, await rpc.VersionAsync(cancellationToken).ConfigureAwait(false));
        }

        if (!info.Workers.All(_state.KnowsPodOf))
        {
            // A worker of a pod that was not there at the last look.
            await GetWorkerGroupsAsync(cancellationToken).ConfigureAwait(false);
        }

        info = _state.Apply(info);
        OnChanged();
        return info;
    }

    /// <summary>Returns the cluster as one line, as Python's <c>HelmCluster</c> does, from the last read; it never blocks.</summary>
    /// <returns><c>HelmCluster(my-dask.default, 'tcp://127.0.0.1:8786', workers=4, threads=4, memory=2.00 GiB)</c>.</returns>
    public override string ToString() => SchedulerInfo is { } info
        ? string.Create(
            CultureInfo.InvariantCulture,
            $"HelmCluster({Name}, '{SchedulerAddress}', workers={info.WorkerCount}, threads={info.TotalThreads}, memory={DaskBytes.Format(info.TotalMemory)})")
        : string.Create(
            CultureInfo.InvariantCulture, $"HelmCluster({Name}, not connected to a scheduler, pods={WorkerGroups.Sum(static g => g.Ready)})");

    /// <summary>Closes the forwards and the client; the release keeps running.</summary>
    /// <returns>A task that completes when everything is closed.</returns>
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

        await _forwards.DisposeAsync().ConfigureAwait(false);
        if (_link is { } link)
        {
            await link.DisposeAsync().ConfigureAwait(false);
        }

        _requests.Connection.Dispose();
        HelmClusterLog.Closed(_logger, _releaseName, Namespace);
    }

    private SchedulerLink RequireLink() => _link ?? throw new SchedulerUnreachableException(
        "", $"The scheduler of release {_releaseName} is not reached. {string.Join(" ", Limitations.Select(static l => l.ToString()).Prepend(_connector.NotReached).OfType<string>())}".TrimEnd());

    /// <summary>Takes what was read of the objects, and tells of it.</summary>
    private void Take(WorkloadSnapshot snapshot)
    {
        _state.Apply(snapshot);
        OnChanged();
    }

    private string? LinkFromServices() =>
        SchedulerInfo is { } info && info.Services.TryGetValue("dashboard", out int port) && Uri.TryCreate(_link?.Address, UriKind.Absolute, out Uri? address)
            ? string.Create(CultureInfo.InvariantCulture, $"http://{address.Host}:{port}/status")
            : null;
}
