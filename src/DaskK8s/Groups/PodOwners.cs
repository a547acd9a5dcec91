using k8s.Models;

namespace DaskK8s.Groups;

/// <summary>Finds the group of a pod from the pod alone.</summary>
/// <remarks>
/// The Deployment controller names a ReplicaSet <c>deployment-hash</c> and labels its pods with the hash; the chart's pod labels
/// are the same for every group and cannot tell. So neither the right to read ReplicaSets nor one to read Deployments is needed.
/// </remarks>
internal sealed class PodOwners
{
    public const string HashLabel = "pod-template-hash";

    private readonly Dictionary<string, GroupPlan> _byDeployment;

    public PodOwners(IReadOnlyList<GroupPlan> plans) => _byDeployment = plans.ToDictionary(static p => p.DeploymentName, StringComparer.Ordinal);

    public GroupPlan? Find(V1Pod pod) => DeploymentOf(pod) is { } name ? _byDeployment.GetValueOrDefault(name) : null;

    /// <summary>Returns the name of the Deployment that a pod's ReplicaSet belongs to, or null for a pod of anything else.</summary>
    public static string? DeploymentOf(V1Pod pod)
    {
        V1OwnerReference? owner = pod.Metadata.OwnerReferences?.FirstOrDefault(static o => o is { Controller: true, Kind: "ReplicaSet" });
        if (owner is null)
        {
            return null;
        }

        string? hash = HashOf(pod);
        if (hash is not null && owner.Name.Length > hash.Length + 1 && owner.Name.EndsWith($"-{hash}", StringComparison.Ordinal))
        {
            return owner.Name[..^(hash.Length + 1)];
        }

        int dash = owner.Name.LastIndexOf('-');
        return hash is null && dash > 0 ? owner.Name[..dash] : null;
    }

    /// <summary>Tells from its name whether a ReplicaSet is one of a group's.</summary>
    public bool IsReplicaSetOf(string? replicaSet, string group)
    {
        int dash = replicaSet?.LastIndexOf('-') ?? -1;
        return dash > 0 && _byDeployment.GetValueOrDefault(replicaSet![..dash])?.Name == group;
    }

    /// <summary>Returns the hash of the template that a pod was made from, or null where it has none.</summary>
    public static string? HashOf(V1Pod pod) => pod.Metadata.Labels is { } labels && labels.TryGetValue(HashLabel, out string? hash) ? hash : null;
}
