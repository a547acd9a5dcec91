using k8s.Models;

namespace DaskK8s.Groups;

/// <summary>Holds what Kubernetes ran for a release at one moment.</summary>
/// <param name="Deployments">The Deployments.</param>
/// <param name="ReplicaSets">The ReplicaSets, or null where they may not be listed.</param>
/// <param name="Pods">The pods.</param>
internal sealed record WorkloadSnapshot(
    IReadOnlyList<V1Deployment> Deployments, IReadOnlyList<V1ReplicaSet>? ReplicaSets, IReadOnlyList<V1Pod> Pods)
{
    private const string HashLabel = "pod-template-hash";

    public V1Deployment? FindDeployment(string name) =>
        Deployments.FirstOrDefault(d => string.Equals(d.Metadata.Name, name, StringComparison.Ordinal));

    /// <summary>Returns the pods that a Deployment owns through its ReplicaSets.</summary>
    /// <remarks>
    /// Labels cannot tell: the chart gives every worker Deployment of a release the same pod labels. Where ReplicaSets may not be
    /// read, their name tells: the Deployment controller names them <c>deployment-hash</c>, and the pod carries the hash as a label.
    /// </remarks>
    public IEnumerable<V1Pod> PodsOf(V1Deployment deployment) => Pods.Where(pod => IsOwner(deployment, pod));

    private bool IsOwner(V1Deployment deployment, V1Pod pod)
    {
        V1OwnerReference? owner = pod.Metadata.OwnerReferences?.FirstOrDefault(static o => o.Controller == true && o.Kind == "ReplicaSet");
        if (owner is null)
        {
            return false;
        }

        if (ReplicaSets is null)
        {
            return pod.Metadata.Labels is { } labels
                && labels.TryGetValue(HashLabel, out string? hash)
                && string.Equals(owner.Name, $"{deployment.Metadata.Name}-{hash}", StringComparison.Ordinal);
        }

        V1ReplicaSet? set = ReplicaSets.FirstOrDefault(s => string.Equals(s.Metadata.Uid, owner.Uid, StringComparison.Ordinal));
        return set?.Metadata.OwnerReferences?.Any(o => string.Equals(o.Uid, deployment.Metadata.Uid, StringComparison.Ordinal)) == true;
    }
}
