using DaskK8s.Dask.Tasks;
using DaskK8s.Reach;

namespace DaskK8s;

public sealed partial class HelmCluster
{
    private readonly List<(AdaptiveScaling Scaling, AdaptiveOptions Options)> _adapting = [];

    /// <summary>Connects a client that runs work on workers chosen by resources, address or worker group.</summary>
    /// <param name="cancellationToken">Cancels the attempt.</param>
    /// <returns>The client. It uses the cluster's tunnel without a local port and is closed with the cluster object at the latest.</returns>
    /// <exception cref="SchedulerUnreachableException">The scheduler cannot be reached; <see cref="Limitations"/> says why.</exception>
    /// <exception cref="SchedulerTimeoutException">The scheduler did not answer in time.</exception>
    public Task<DaskClient> GetClientAsync(CancellationToken cancellationToken = default) => GetClientAsync(null, cancellationToken);

    /// <summary>Connects a client with its own options; if they do not set TLS, logging or the clock, the cluster object's are used.</summary>
    /// <param name="options">The client's options; null to use the cluster object's, including its time limit for calls.</param>
    /// <param name="cancellationToken">Cancels the attempt.</param>
    /// <returns>The client.</returns>
    /// <exception cref="SchedulerUnreachableException">The scheduler cannot be reached; <see cref="Limitations"/> says why.</exception>
    /// <exception cref="SchedulerTimeoutException">The scheduler did not answer in time.</exception>
    public Task<DaskClient> GetClientAsync(DaskClientOptions? options, CancellationToken cancellationToken = default)
    {
        _lifetime.ThrowIfEnded();
        options ??= new DaskClientOptions { CallTimeout = _options.SchedulerTimeout };
        options = options with
        {
            Tls = options.Tls ?? _options.Tls,
            LoggerFactory = options.LoggerFactory ?? _options.LoggerFactory,
            TimeProvider = options.TimeProvider ?? _options.TimeProvider,
        };
        SchedulerLink link = RequireLink();
        return _lifetime.RunAsync(ct => DaskClient.ConnectAsync(link.Endpoint, options, ResolveGroupsAsync, ct), cancellationToken);
    }

    /// <summary>Returns each group's workers by address, including workers added or removed since the last read.</summary>
    private async ValueTask<IReadOnlyList<GroupWorkers>> ResolveGroupsAsync(bool fresh, CancellationToken cancellationToken)
    {
        if (fresh)
        {
            await GetWorkerGroupsAsync(cancellationToken).ConfigureAwait(false);
        }

        SchedulerInfo info = await GetSchedulerInfoAsync(cancellationToken).ConfigureAwait(false);
        return [.. WorkerGroups.Select(group =>
        {
            WorkerInfo[] workers = [.. info.Workers.Where(w => w.Group == group.Name)];
            // A pod of several GPUs has a worker for each.
            int connected = workers.Select(static w => w.Host).Distinct(StringComparer.Ordinal).Count();
            return new GroupWorkers(
                group.Name,
                [.. workers.Select(static w => w.Address)],
                group.DaskResources,
                connected < Math.Max(group.Desired, HighestByAdapting(group.Name)));
        })];
    }

    /// <summary>Returns the maximum number of pods to which adaptive scaling in this process may grow a group; 0 if none is active.</summary>
    private int HighestByAdapting(string group)
    {
        lock (_adapting)
        {
            _adapting.RemoveAll(static a => a.Scaling.Completion.IsCompleted);
            return _adapting
                .Where(static a => a.Scaling.IsActive)
                .Select(a => a.Options.Groups.TryGetValue(group, out AdaptiveRange range) ? range.Maximum : 0)
                .DefaultIfEmpty()
                .Max();
        }
    }
}
