using System.Collections.Concurrent;

using k8s.Models;

namespace DaskK8s.Groups;

/// <summary>Finds the group of a pod from the pod alone.</summary>
/// <remarks>
/// The Deployment controller names a ReplicaSet <c>deployment-hash</c> and labels its pods with the hash; the chart's pod labels
/// are the same for every group. So no permission to read ReplicaSets or Deployments is needed.
/// </remarks>
internal sealed class PodOwners
{
    public const string HashLabel = "pod-template-hash";

    private readonly Dictionary<string, GroupPlan> _byDeployment;
    private readonly ConcurrentDictionary<(string ReplicaSet, string? Hash), GroupPlan?> _byReplicaSet = new();

    public PodOwners(IReadOnlyList<GroupPlan> plans) => _byDeployment = plans.ToDictionary(static p => p.DeploymentName, StringComparer.Ordinal);

    public GroupPlan? Find(V1Pod pod)
    {
        // Of many pods few have another ReplicaSet: its name is taken apart once.
        string? set = ReplicaSetOf(pod)?.Name;
        return set is null ? null : _byReplicaSet.GetOrAdd(
            (set, HashOf(pod)), static (_, s) => DeploymentOf(s.pod) is { } name ? s.self._byDeployment.GetValueOrDefault(name) : null, (self: this, pod));
    }

    /// <summary>Returns the name of the Deployment that a pod's ReplicaSet belongs to, or null for other pods.</summary>
    public static string? DeploymentOf(V1Pod pod)
    {
        string? set = ReplicaSetOf(pod)?.Name;
        int length = set is null ? 0 : LengthOfDeployment(set, HashOf(pod));
        return length > 0 ? set![..length] : null;
    }

    /// <summary>Determines whether a pod's ReplicaSet belongs to a Deployment, without allocating a string for each pod.</summary>
    public static bool IsOf(V1Pod pod, string deployment)
    {
        string? set = ReplicaSetOf(pod)?.Name;
        return set is not null && LengthOfDeployment(set, HashOf(pod)) == deployment.Length && set.StartsWith(deployment, StringComparison.Ordinal);
    }

    private static int LengthOfDeployment(string replicaSet, string? hash) =>
        hash is null ? replicaSet.LastIndexOf('-')
        : replicaSet.Length > hash.Length + 1 && replicaSet[^(hash.Length + 1)] == '-' && replicaSet.EndsWith(hash, StringComparison.Ordinal) ? replicaSet.Length - hash.Length - 1
        : 0;

    /// <summary>Returns the ReplicaSet that controls a pod, or null for other pods.</summary>
    public static V1OwnerReference? ReplicaSetOf(V1Pod pod) =>
        pod.Metadata.OwnerReferences?.FirstOrDefault(static o => o is { Controller: true, Kind: "ReplicaSet" });

    /// <summary>Determines from its name whether a ReplicaSet belongs to a group.</summary>
    public bool IsReplicaSetOf(string? replicaSet, string group)
    {
        int dash = replicaSet?.LastIndexOf('-') ?? -1;
        return dash > 0 && _byDeployment.GetValueOrDefault(replicaSet![..dash])?.Name == group;
    }

    /// <summary>Returns the hash of the template that a pod was created from, or null if it has none.</summary>
    public static string? HashOf(V1Pod pod) => pod.Metadata.Labels is { } labels && labels.TryGetValue(HashLabel, out string? hash) ? hash : null;
}
