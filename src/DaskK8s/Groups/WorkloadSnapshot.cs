using k8s.Models;

namespace DaskK8s.Groups;

/// <summary>Holds what Kubernetes ran for a release at one moment.</summary>
/// <param name="Deployments">The Deployments.</param>
/// <param name="ReplicaSets">The ReplicaSets, or null where they may not be listed.</param>
/// <param name="Pods">The pods.</param>
internal sealed record WorkloadSnapshot(
    IReadOnlyList<V1Deployment> Deployments, IReadOnlyList<V1ReplicaSet>? ReplicaSets, IReadOnlyList<V1Pod> Pods)
{
    /// <summary>Gets whether the pods were read; where they were not, only the Deployments tell how many there are.</summary>
    public bool HasPods { get; init; } = true;

    public V1Deployment? FindDeployment(string name) =>
        Deployments.FirstOrDefault(d => string.Equals(d.Metadata.Name, name, StringComparison.Ordinal));

    /// <summary>Returns the pods that a Deployment owns through its ReplicaSets.</summary>
    /// <remarks>
    /// Labels cannot tell: the chart gives every worker Deployment of a release the same pod labels. Where ReplicaSets may not be
    /// read, their name tells: the Deployment controller names them <c>deployment-hash</c>, and the pod carries the hash as a label.
    /// </remarks>
    public IEnumerable<V1Pod> PodsOf(V1Deployment deployment)
    {
        HashSet<string>? sets = ReplicaSets?.Where(s => s.Metadata.OwnerReferences?.Any(o => o.Uid == deployment.Metadata.Uid) == true).Select(static s => s.Metadata.Uid).ToHashSet(StringComparer.Ordinal);
        return Pods.Where(pod => IsOwner(deployment, sets, pod));
    }

    private static bool IsOwner(V1Deployment deployment, HashSet<string>? sets, V1Pod pod)
    {
        if (PodOwners.ReplicaSetOf(pod) is not { } owner)
        {
            return false;
        }

        return sets?.Contains(owner.Uid)
            ?? (PodOwners.HashOf(pod) is { } hash && string.Equals(owner.Name, $"{deployment.Metadata.Name}-{hash}", StringComparison.Ordinal));
    }
}
