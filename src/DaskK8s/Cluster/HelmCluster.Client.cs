using DaskK8s.Dask.Tasks;
using DaskK8s.Reach;

namespace DaskK8s;

public sealed partial class HelmCluster
{
    private readonly List<(AdaptiveScaling Scaling, AdaptiveOptions Options)> _adapting = [];

    /// <summary>Connects a client that runs work on the workers that you choose, by resources, by address or by worker group.</summary>
    /// <param name="cancellationToken">Ends the attempt.</param>
    /// <returns>The client; it runs over the cluster's tunnel, without a local port, and ends with the cluster object at the latest.</returns>
    /// <exception cref="SchedulerUnreachableException">The scheduler is not reached; <see cref="Limitations"/> says why.</exception>
    /// <exception cref="SchedulerTimeoutException">The scheduler did not answer in time.</exception>
    public Task<DaskClient> GetClientAsync(CancellationToken cancellationToken = default) => GetClientAsync(null, cancellationToken);

    /// <summary>Connects a client with options of its own; TLS, logging and clock that they leave open are the cluster object's.</summary>
    /// <param name="options">The client's options; null for the cluster object's, its time limit for calls included.</param>
    /// <param name="cancellationToken">Ends the attempt.</param>
    /// <returns>The client.</returns>
    /// <exception cref="SchedulerUnreachableException">The scheduler is not reached; <see cref="Limitations"/> says why.</exception>
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

    /// <summary>Returns each group's workers by their addresses, those that came or went since the last look included.</summary>
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

    /// <summary>Returns the number of pods up to which adaptive scaling of this process may grow a group; 0 where none is active.</summary>
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
