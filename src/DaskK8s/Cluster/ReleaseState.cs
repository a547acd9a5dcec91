using System.Collections.Concurrent;
using System.Diagnostics;

using DaskK8s.Common;
using DaskK8s.Groups;
using DaskK8s.Kubernetes;
using DaskK8s.Scaling;
using DaskK8s.WorkerGroups;

using k8s.Models;

namespace DaskK8s.Cluster;

/// <summary>The last known state of the release of a cluster object.</summary>
internal sealed class ReleaseState(string name, KubeRequests requests, StrayFields strays, ScaleGroup scale)
{
    private ReleasePlan? _plan;
    private Dictionary<string, string> _groupsByIP = [];
    private (string Id, string? Version) _version;

    /// <summary>Gets the release's name.</summary>
    public string Name => name;

    /// <summary>Gets the release's namespace.</summary>
    public string Namespace => requests.Connection.Namespace;

    /// <summary>Gets or sets the parts of the release.</summary>
    public ReleasePlan Plan
    {
        get => _plan!;
        set => _plan = value;
    }

    /// <summary>Gets whether the release was read.</summary>
    public bool IsRead => _plan is not null;

    /// <summary>Gets the worker groups.</summary>
    public IReadOnlyList<WorkerGroup> Groups { get; private set; } = [];

    /// <summary>Gets whether the groups' pods have been read.</summary>
    public bool ArePodsKnown { get; private set; }

    /// <summary>Gets the scheduler and its workers, or null if they have not been read.</summary>
    public SchedulerInfo? Scheduler { get; private set; }

    /// <summary>Gets the parts that could not be read or used.</summary>
    public IReadOnlyList<ClusterLimitation> Limitations { get; private set; } = [];

    /// <summary>Gets the addresses at which the scheduler may list workers after their pods are gone, with their groups.</summary>
    public ConcurrentDictionary<(string Group, string Address), byte> Lingering { get; } = new();

    /// <summary>Applies a snapshot of the release's objects.</summary>
    public void Apply(WorkloadSnapshot snapshot)
    {
        Groups = GroupBuilder.Build(scale, Plan.Groups, snapshot, Groups);
        ArePodsKnown |= snapshot.HasPods;
        strays.Note(snapshot.Deployments);
        Dictionary<string, string> groupsByIP = new(StringComparer.Ordinal);
        foreach (WorkerGroup group in Groups)
        {
            TagList tags = new() { { "release", name }, { "namespace", Namespace }, { "group", group.Name } };
            Telemetry.ReadyWorkers.Record(group.Ready, tags);
            Telemetry.DesiredWorkers.Record(group.Desired, tags);
            foreach (WorkerPod pod in group.Pods)
            {
                if (pod.PodIP is { } ip)
                {
                    groupsByIP[ip] = group.Name;
                }
            }
        }

        _groupsByIP = groupsByIP;
    }

    /// <summary>Applies the scheduler's answer.</summary>
    public SchedulerInfo Apply(SchedulerInfo info) => Scheduler = WithGroups(info);

    /// <summary>Determines whether the version of this scheduler process is known.</summary>
    public bool KnowsVersionOf(SchedulerInfo info) => _version.Id == info.Id;

    /// <summary>Stores a scheduler's version, or null if it is unknown.</summary>
    public void NoteVersion(SchedulerInfo info, string? version) => _version = (info.Id, version);

    /// <summary>Determines whether a worker's pod was in the last snapshot.</summary>
    public bool KnowsPodOf(WorkerInfo worker) => _groupsByIP.ContainsKey(worker.Host);

    /// <summary>Adds what could not be read or used.</summary>
    public void Limit(ClusterLimitation limitation)
    {
        Limitations = [.. Limitations, limitation];
        HelmClusterLog.Limited(requests.Logger, name, limitation.ToString());
    }

    /// <summary>Finds a group; null for the default one.</summary>
    /// <exception cref="WorkerGroupNotFoundException">The release has no such group.</exception>
    public GroupPlan FindPlan(string? group, string? defaultGroup = null) =>
        Plan.Groups.FirstOrDefault(p => group is null ? p.IsDefault : string.Equals(p.Name, group, StringComparison.Ordinal))
            ?? throw new WorkerGroupNotFoundException(group ?? defaultGroup ?? "", name, Namespace, [.. Plan.Groups.Select(static p => p.Name)]);

    /// <exception cref="HelmReleaseObjectsMissingException">None of the release's Deployments exist any more.</exception>
    public void ThrowIfUninstalled(IEnumerable<V1Deployment> deployments)
    {
        if (_plan is { Deployments.Count: > 0 } plan && !deployments.Any(d => plan.Deployments.Contains(d.Metadata.Name)))
        {
            throw new HelmReleaseObjectsMissingException(plan.Release, Namespace, plan.Deployments, isConnected: true);
        }
    }

    /// <summary>Throws an error that names the missing objects: a group without its Deployment is not a group with 0 replicas.</summary>
    /// <exception cref="HelmReleaseObjectsMissingException">None of the release's objects exist.</exception>
    public void ThrowIfMissing(WorkloadSnapshot snapshot)
    {
        ReleasePlan plan = Plan;
        if (plan.Release.IsPartial || plan.Missing.Count == 0)
        {
            return;
        }

        if (plan.Deployments.All(name => snapshot.FindDeployment(name) is null))
        {
            throw new HelmReleaseObjectsMissingException(plan.Release, Namespace, plan.Missing);
        }

        foreach (GroupPlan group in plan.Groups.Where(g => plan.Missing.Contains(g.DeploymentName)))
        {
            Limit(new ClusterLimitation(
                $"Worker group {group.Name}", $"its Deployment {group.DeploymentName} does not exist in namespace {Namespace}. {plan.Release.StatusExplanation ?? "The next 'helm upgrade' creates it again."}"));
        }
    }

    private SchedulerInfo WithGroups(SchedulerInfo info) => info with
    {
        Version = KnowsVersionOf(info) ? _version.Version : null,
        Workers = [.. info.Workers.Select(w => _groupsByIP.TryGetValue(w.Host, out string? group) ? w with { Group = group } : w)],
    };
}
