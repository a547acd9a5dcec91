using DaskK8s.Diagnostics;
using DaskK8s.KubeApi;
using DaskK8s.Workers;

using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace DaskK8s;

/// <summary>
/// Is a connection to one release of the Dask Helm chart: its values, its worker groups, its scheduler and its workers.
/// </summary>
/// <remarks>
/// Create it with <see cref="ConnectAsync"/>. It is safe for use by several threads. Disposing it closes what it opened on this machine (forwards, and the client
/// unless one was given); the release itself is never touched. To remove a release, use <c>helm uninstall</c>.
/// </remarks>
public sealed partial class HelmCluster : IAsyncDisposable
{
    private readonly HelmClusterOptions _options;
    private readonly KubeRequests _requests;
    private readonly Workloads _workloads;
    private readonly ILogger _logger;
    private readonly string _releaseName;

    private IReadOnlyList<GroupPlan> _plans = [];
    private IReadOnlyList<WorkerGroup> _workerGroups = [];
    private bool _disposed;

    private HelmCluster(string releaseName, HelmClusterOptions options, KubeConnection connection)
    {
        _releaseName = releaseName;
        _options = options;
        _logger = (options.LoggerFactory ?? NullLoggerFactory.Instance).CreateLogger("DaskK8s.HelmCluster");
        _requests = new KubeRequests(connection, options.Retry, options.RequestTimeout, options.TimeProvider, _logger);
        _workloads = new Workloads(_requests, releaseName);
    }

    /// <summary>Gets the cluster's name: <c>release.namespace</c>, as <see cref="FromNameAsync"/> takes it.</summary>
    public string Name => $"{_releaseName}.{Namespace}";

    /// <summary>Gets the release's namespace.</summary>
    public string Namespace => _requests.Connection.Namespace;

    /// <summary>Gets the kube context that serves every call, or null in a pod or with a client that was given.</summary>
    public string? Context => _requests.Connection.Context;

    /// <summary>Gets the worker groups as they were read last, the default one first, the others in the order of the values.</summary>
    public IReadOnlyList<WorkerGroup> WorkerGroups => _workerGroups;

    /// <summary>Closes the forwards and the client; the release goes on.</summary>
    /// <returns>A task that ends when all is closed.</returns>
    public ValueTask DisposeAsync()
    {
        if (!_disposed)
        {
            _disposed = true;
            _requests.Connection.Dispose();
            HelmClusterLog.Closed(_logger, _releaseName, Namespace);
        }

        return ValueTask.CompletedTask;
    }
}
