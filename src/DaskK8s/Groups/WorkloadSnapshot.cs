using k8s.Models;

namespace DaskK8s.Groups;

/// <summary>The Kubernetes objects of a release at one point in time.</summary>
/// <param name="Deployments">The Deployments.</param>
/// <param name="ReplicaSets">The ReplicaSets, or null if they cannot be listed.</param>
/// <param name="Pods">The pods.</param>
internal sealed record WorkloadSnapshot(
    IReadOnlyList<V1Deployment> Deployments, IReadOnlyList<V1ReplicaSet>? ReplicaSets, IReadOnlyList<V1Pod> Pods)
{
    /// <summary>Gets whether the pods were read; if not, only the Deployments show how many there are.</summary>
    public bool HasPods { get; init; } = true;

    public V1Deployment? FindDeployment(string name) =>
        Deployments.FirstOrDefault(d => string.Equals(d.Metadata.Name, name, StringComparison.Ordinal));

    /// <summary>Returns the pods that a Deployment owns through its ReplicaSets.</summary>
    /// <remarks>
    /// Labels do not identify the owner: the chart gives all worker Deployments of a release the same pod labels. If ReplicaSets cannot be
    /// read, their name does: the Deployment controller names them <c>deployment-hash</c>, and the pod has the hash as a label.
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
