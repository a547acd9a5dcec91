using DaskK8s.Adaptive;
using DaskK8s.Groups;
using DaskK8s.Reach;

namespace DaskK8s;

public sealed partial class HelmCluster
{
    /// <summary>Gets what the lease is named after: instances of one release have schedulers and groups of their own, and a lease each.</summary>
    /// <remarks>An alias may have capitals and underscores, which the name of an object may not.</remarks>
    private string LeaseName => Release.Instances.Count > 1 ? $"{_releaseName}-{Release.Instance}".ToLowerInvariant().Replace('_', '-') : _releaseName;

    /// <summary>Scales worker groups with the work until the result is disposed.</summary>
    /// <remarks>
    /// The demand is computed for each group from what tasks require: a task that needs <c>GPU</c> counts for the groups whose workers offer it, a task that
    /// needs nothing for the groups meant for such. Groups shrink without a loss only. A Lease keeps two loops from adapting one
    /// release: the second one stands by and takes over when the first one ends.
    /// </remarks>
    /// <param name="options">Which groups, and how.</param>
    /// <param name="cancellationToken">Ends the call; what it returned goes on until it is disposed.</param>
    /// <returns>Adapting, under way.</returns>
    /// <exception cref="ArgumentException">An option is not valid.</exception>
    /// <exception cref="WorkerGroupNotFoundException">The release has no group of a name that is given.</exception>
    /// <exception cref="SchedulerUnreachableException">The scheduler is not reached; <see cref="Limitations"/> says why.</exception>
    /// <exception cref="KubernetesApiException">The API server refused or could not answer.</exception>
    public Task<AdaptiveScaling> AdaptAsync(AdaptiveOptions options, CancellationToken cancellationToken = default) =>
        _lifetime.RunAsync(ct => StartAdaptingAsync(options, ct), cancellationToken);

    private async Task<AdaptiveScaling> StartAdaptingAsync(AdaptiveOptions options, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        foreach (string group in options.Groups.Keys.Concat(options.GroupsForPlainTasks ?? []))
        {
            FindPlan(group);
        }

        SchedulerLink link = RequireLink();
        await GetWorkerGroupsAsync(cancellationToken).ConfigureAwait(false);
        ReleaseLease? lease = options.UseLease ? new ReleaseLease(_requests, LeaseName, options.LeaseDuration) : null;
        AdaptiveTarget target = new(_releaseName, Namespace, () => WorkerGroups, FindStrangersAsync, (deployments, ct) => _strays.GiveBackAsync(deployments, _state.Plan.Groups, ct), ScaleAsync);
        AdaptiveScaling adaptive = new(_logger, _lifetime.Token);
        adaptive.Start(new AdaptiveLoop(target, options, adaptive, new DemandReader(link.Rpc), _workloads, lease, _options.TimeProvider, _logger), _lifetime);
        lock (_adapting)
        {
            _adapting.Add((adaptive, options));
        }

        return adaptive;
    }

    /// <summary>Finds groups whose workers are not this scheduler's: its demand says nothing of them, and nobody here knows what they hold.</summary>
    /// <param name="groups">The groups in question.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    /// <returns>Why a group is not managed, by its name; none of the groups whose Deployments name this scheduler.</returns>
    private async Task<IReadOnlyDictionary<string, string>> FindStrangersAsync(IEnumerable<string> groups, CancellationToken cancellationToken)
    {
        Dictionary<string, string> strangers = new(StringComparer.Ordinal);
        GroupPlan[] doubtful = [.. groups.Select(FindPlan).Where(static p => p.OtherScheduler is not null || p.Doubt is not null)];
        if (doubtful.Length == 0)
        {
            return strangers;
        }

        IReadOnlyList<WorkerGroup> seen = await GetWorkerGroupsAsync(cancellationToken).ConfigureAwait(false);
        SchedulerInfo info = await GetSchedulerInfoAsync(cancellationToken).ConfigureAwait(false);
        HashSet<string> listed = [.. info.Workers.Select(static w => PodAddresses.Normalize(w.Host))];
        foreach (GroupPlan plan in doubtful)
        {
            WorkerPod[] ready = [.. seen.Where(g => g.Name == plan.Name).SelectMany(static g => g.Pods).Where(static p => p is { IsReady: true, IsTerminating: false })];
            bool isListed = ready.Any(p => p.PodIP is { } ip && listed.Contains(PodAddresses.Normalize(ip)));
            if (!isListed && plan.OtherScheduler is { } other)
            {
                strangers[plan.Name] = $"is not managed: its workers connect to another scheduler, {other}";
            }
            else if (!isListed && ready.Length > 0)
            {
                strangers[plan.Name] = "is not managed: the scheduler lists none of its workers, so they may belong to another one";
            }
        }

        return strangers;
    }
}
