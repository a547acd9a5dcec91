using System.Diagnostics;

using DaskK8s.Common;
using DaskK8s.Dask.Rpc;
using DaskK8s.Groups;
using DaskK8s.Waiting;

namespace DaskK8s;

public sealed partial class HelmCluster
{
    /// <summary>Gets or sets how waiting for the scheduler's list of workers, for tests that have none.</summary>
    /// <value>Null: over the link to the scheduler, if there is one.</value>
    internal ConnectedWorkers? ConnectedWorkers { get; set; }

    /// <summary>Waits until exactly the desired workers of the Deployments are connected to the scheduler.</summary>
    /// <param name="timeout">How long to wait; null for <see cref="WorkerWaitOptions.DefaultTimeout"/> (5 minutes).</param>
    /// <param name="progress">Receives every change of every group, in order; null to ignore progress.</param>
    /// <param name="workerGroup">The group to wait for; null for every group.</param>
    /// <param name="cancellationToken">Cancels the wait.</param>
    /// <returns>A task that completes when the workers are connected.</returns>
    /// <remarks>
    /// <para>A pod counts as connected when the scheduler lists as many workers with its IP address as its arguments specify
    /// (<c>--nworkers 4</c>). After scaling down, the wait completes when the surplus pods are gone and the scheduler no longer lists their
    /// workers. Changes of the desired replicas by other clients are followed. A rollout must end, unless it is paused.</para>
    /// <para>If this client is not connected to the scheduler, it waits for ready pods, and the progress says so. Requires permission
    /// to list and watch Deployments and pods; with permission to list events and to get <c>pods/log</c>, causes have more detail.</para>
    /// </remarks>
    /// <exception cref="ArgumentOutOfRangeException">The time limit is negative.</exception>
    /// <exception cref="WorkerGroupNotFoundException">The release has no such group.</exception>
    /// <exception cref="WorkersNotReadyException">The time limit has elapsed, or waiting will not help; it says why for each pod.</exception>
    /// <exception cref="KubernetesApiException">The Deployments or pods could not be read.</exception>
    public Task WaitForWorkersAsync(
        TimeSpan? timeout = null,
        IProgress<WorkerGroupProgress>? progress = null,
        string? workerGroup = null,
        CancellationToken cancellationToken = default) =>
        WaitForWorkersAsync(
            new WorkerWaitOptions { Timeout = timeout ?? WorkerWaitOptions.DefaultTimeout, WorkerGroup = workerGroup }, progress, cancellationToken);

    /// <summary>Waits until the desired workers of the Deployments are connected to the scheduler, as the options specify.</summary>
    /// <param name="options">The time limit, the group, and when to give up early.</param>
    /// <param name="progress">Receives every change of every group, in order; null to ignore progress.</param>
    /// <param name="cancellationToken">Cancels the wait.</param>
    /// <returns>A task that completes when the workers are connected.</returns>
    /// <exception cref="ArgumentException">An option is out of its range.</exception>
    /// <exception cref="WorkerGroupNotFoundException">The release has no such group.</exception>
    /// <exception cref="WorkersNotReadyException">The time limit has elapsed, or waiting will not help; it says why for each pod.</exception>
    /// <exception cref="KubernetesApiException">The Deployments or pods could not be read.</exception>
    public Task WaitForWorkersAsync(
        WorkerWaitOptions options, IProgress<WorkerGroupProgress>? progress = null, CancellationToken cancellationToken = default) =>
        _lifetime.RunAsync(ct => WaitAsync(options, progress, ct), cancellationToken);

    private async Task WaitAsync(WorkerWaitOptions options, IProgress<WorkerGroupProgress>? progress, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        IReadOnlyList<GroupPlan> plans = options.WorkerGroup is { } name ? [FindPlan(name)] : _state.Plan.Groups;

        // Pods seen before a scaling may be gone by now, while the scheduler still lists their workers.
        ILookup<string, string> addresses = WorkerGroups
            .SelectMany(static g => g.Pods.Where(static p => p.PodIP is not null).Select(p => (Group: g.Name, Address: p.PodIP!)))
            .Concat(_state.Lingering.Keys)
            .ToLookup(static p => p.Group, static p => p.Address, StringComparer.Ordinal);
        ConnectedWorkers? ask = ConnectedWorkers ?? (_link is null ? null : AskForWorkersAsync);
        using Activity? activity = Telemetry.Begin(Telemetry.WaitActivity, _releaseName, Namespace)?.SetTag("group", options.WorkerGroup);
        WorkerWait wait = new(_requests, _workloads, _releaseName, _state.Plan.Groups, plans, ask, options, new ProgressToEvent(this, progress), addresses);
        try
        {
            await wait.RunAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e)
        {
            activity.Fail(e);
            throw;
        }
        finally
        {
            foreach ((string Group, string Address) key in _state.Lingering.Keys.Where(k => plans.Any(p => p.Name == k.Group)))
            {
                _state.Lingering.TryRemove(key, out _);
            }

            foreach ((string Group, string Address) key in wait.Addresses)
            {
                _state.Lingering[key] = 0;
            }

            // What the wait saw last is newer than what was read before it.
            if (wait.Snapshot is { } snapshot)
            {
                _state.Apply(snapshot);
                _ = SchedulerInfo is { } info ? _state.Apply(info) : null;
                OnChanged();
            }
        }
    }

    private async Task<IReadOnlyDictionary<string, int>> AskForWorkersAsync(CancellationToken cancellationToken)
    {
        (SchedulerInfo info, IReadOnlyDictionary<string, int> hosts) = await (_workerHosts ??= new WorkerHosts(_link!.Rpc)).CountAsync(cancellationToken).ConfigureAwait(false);
        _state.Apply(info);
        return hosts;
    }
}
