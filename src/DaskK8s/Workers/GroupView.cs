using k8s.Models;

namespace DaskK8s.Workers;

/// <summary>Holds a group's Deployment and its pods at one moment.</summary>
/// <param name="Deployment">The Deployment.</param>
/// <param name="Live">The pods that count: neither terminating nor finished.</param>
/// <param name="Leaving">The pods that are terminating.</param>
/// <param name="IsRollingOut">Whether more than one ReplicaSet of it has pods.</param>
internal sealed record GroupView(V1Deployment Deployment, IReadOnlyList<V1Pod> Live, IReadOnlyList<V1Pod> Leaving, bool IsRollingOut)
{
    /// <summary>Gets the replicas that are asked for.</summary>
    public int Replicas => Deployment.Spec?.Replicas ?? 1;

    /// <summary>Gets whether the controller has seen the number and removed what is too much.</summary>
    public bool IsSettled =>
        (Deployment.Status?.ObservedGeneration ?? 0) >= (Deployment.Metadata.Generation ?? 0) && Live.Count <= Replicas;

    /// <summary>Gets whether all pods are there, or those that are missing were refused (by a quota).</summary>
    public bool IsComplete => Live.Count >= Replicas || Deployment.Status?.Conditions?.Any(static c => c is { Type: "ReplicaFailure", Status: "True" }) == true;

    public bool HasSamePodsAs(GroupView other) =>
        Live.Select(static p => p.Metadata.Uid).ToHashSet().SetEquals(other.Live.Select(static p => p.Metadata.Uid));

    /// <summary>Takes a group out of a snapshot.</summary>
    public static GroupView? From(WorkloadSnapshot snapshot, string deploymentName)
    {
        if (snapshot.FindDeployment(deploymentName) is not { } deployment)
        {
            return null;
        }

        V1Pod[] pods = [.. snapshot.PodsOf(deployment)];
        V1Pod[] live = [.. pods.Where(static p => p.Metadata.DeletionTimestamp is null && p.Status?.Phase is not ("Succeeded" or "Failed"))];
        int sets = live.Select(static p => p.Metadata.OwnerReferences?.FirstOrDefault(static o => o.Controller == true)?.Uid).Distinct().Count();
        return new GroupView(deployment, live, [.. pods.Where(static p => p.Metadata.DeletionTimestamp is not null)], sets > 1);
    }
}
