using DaskK8s.Adaptive;
using DaskK8s.Reach;

namespace DaskK8s;

public sealed partial class HelmCluster
{
    internal string ReleaseName => _releaseName;

    /// <summary>Lets worker groups follow the work until the result is disposed.</summary>
    /// <remarks>
    /// The demand is computed for each group from what tasks require: a task that needs <c>GPU</c> counts for the groups whose workers offer it, a task that
    /// needs nothing for the groups meant for such. Groups shrink without a loss only. A Lease keeps two loops from adapting one
    /// release: the second one stands by and takes over when the first one ends.
    /// </remarks>
    /// <param name="options">Which groups, and how.</param>
    /// <param name="cancellationToken">Ends the call; what it returned goes on until it is disposed.</param>
    /// <returns>Adapting, under way.</returns>
    /// <exception cref="ArgumentException">An option makes no sense.</exception>
    /// <exception cref="WorkerGroupNotFoundException">The release has no group of a name that is given.</exception>
    /// <exception cref="SchedulerUnreachableException">The scheduler is not reached; <see cref="Limitations"/> says why.</exception>
    /// <exception cref="KubernetesApiException">The API server refused or could not answer.</exception>
    public async Task<AdaptiveScaling> AdaptAsync(AdaptiveOptions options, CancellationToken cancellationToken = default)
    {
        ObjectDisposedException.ThrowIf(_disposed != 0, this);
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        foreach (string group in options.Groups.Keys.Concat(options.GroupsForPlainTasks ?? []))
        {
            FindPlan(group);
        }

        SchedulerLink link = RequireLink();
        await GetWorkerGroupsAsync(cancellationToken).ConfigureAwait(false);
        ReleaseLease? lease = options.UseLease ? new ReleaseLease(_requests, _releaseName, options.LeaseDuration) : null;
        AdaptiveScaling adaptive = new();
        adaptive.Start(new AdaptiveLoop(this, options, adaptive, new DemandReader(link.Rpc), _workloads, lease, _options.TimeProvider, _logger));
        return adaptive;
    }
}
