using DaskK8s.Adaptive;
using DaskK8s.Groups;
using DaskK8s.Reach;

namespace DaskK8s;

public sealed partial class HelmCluster
{
    /// <summary>Gets the base of the lease's name: each instance of a release has its own scheduler, groups and lease.</summary>
    /// <remarks>An alias can have capitals and underscores, which object names cannot have.</remarks>
    private string LeaseName => Release.Instances.Count > 1 ? $"{_releaseName}-{Release.Instance}".ToLowerInvariant().Replace('_', '-') : _releaseName;

    /// <summary>Scales worker groups to match the outstanding work until the result is disposed.</summary>
    /// <remarks>
    /// The demand for each group follows from the tasks' requirements: a task that needs <c>GPU</c> counts for groups that offer it, a task that
    /// needs nothing for the groups meant for such tasks. Groups only shrink without losing results. A Lease prevents two loops from scaling one
    /// release: the second loop waits and takes over when the first one ends.
    /// </remarks>
    /// <param name="options">The groups to scale, and how.</param>
    /// <param name="cancellationToken">Cancels the call; the returned object runs until it is disposed.</param>
    /// <returns>The running adaptive scaling.</returns>
    /// <exception cref="ArgumentException">An option is not valid.</exception>
    /// <exception cref="WorkerGroupNotFoundException">The release has no group with one of the given names.</exception>
    /// <exception cref="SchedulerUnreachableException">The scheduler cannot be reached; <see cref="Limitations"/> says why.</exception>
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

    /// <summary>Finds groups whose workers belong to another scheduler: their demand and results are unknown to this one.</summary>
    /// <param name="groups">The groups to check.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <returns>The reason why a group is not managed, by name; groups whose Deployments name this scheduler are not included.</returns>
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
