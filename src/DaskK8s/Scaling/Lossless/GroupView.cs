using DaskK8s.Groups;

using k8s.Models;

namespace DaskK8s.Scaling.Lossless;

/// <summary>A group's Deployment and pods at one point in time.</summary>
/// <param name="Deployment">The Deployment.</param>
/// <param name="Live">The pods that count: neither terminating nor finished.</param>
/// <param name="Leaving">The pods that are terminating.</param>
/// <param name="IsRollingOut">Whether pods of an old template are being replaced: scaling down then removes old and new pods in proportion.</param>
internal sealed record GroupView(V1Deployment Deployment, IReadOnlyList<V1Pod> Live, IReadOnlyList<V1Pod> Leaving, bool IsRollingOut)
{
    /// <summary>Gets the worker pods of other groups that share an address with pods of this one, as with host networking.</summary>
    public IReadOnlyList<V1Pod> Neighbours { get; init; } = [];

    /// <summary>Gets the desired replicas.</summary>
    public int Replicas => Deployment.Spec?.Replicas ?? 1;

    /// <summary>Gets whether the controller has observed the desired replicas and removed surplus pods; a rollout always has surplus pods.</summary>
    public bool IsSettled =>
        (Deployment.Status?.ObservedGeneration ?? 0) >= (Deployment.Metadata.Generation ?? 0) && (Live.Count <= Replicas || IsRollingOut);

    /// <summary>Gets whether all pods exist, or the missing ones were rejected (by a quota).</summary>
    public bool IsComplete => Live.Count >= Replicas || Deployment.Status?.Conditions?.Any(static c => c is { Type: "ReplicaFailure", Status: "True" }) == true;

    public bool HasSamePodsAs(GroupView other) =>
        Live.Select(static p => p.Metadata.Uid).ToHashSet().SetEquals(other.Live.Select(static p => p.Metadata.Uid));

    /// <summary>Returns a group from a snapshot.</summary>
    public static GroupView? From(WorkloadSnapshot snapshot, string deploymentName)
    {
        if (snapshot.FindDeployment(deploymentName) is not { } deployment)
        {
            return null;
        }

        V1Pod[] pods = [.. snapshot.PodsOf(deployment)];
        V1Pod[] live = [.. pods.Where(static p => p.Metadata.DeletionTimestamp is null && p.Status?.Phase is not ("Succeeded" or "Failed"))];
        bool isMixed = live.Select(static p => p.Metadata.OwnerReferences?.FirstOrDefault(static o => o.Controller == true)?.Uid).Distinct().Skip(1).Any();
        HashSet<string> uids = [.. pods.Select(static p => p.Metadata.Uid)];
        V1Pod[] others = [.. snapshot.Pods.Where(p => !uids.Contains(p.Metadata.Uid) && p.Status?.Phase is not ("Succeeded" or "Failed") && DaskContainer.IsWorker(p))];
        HashSet<string> addresses = others.Length == 0 ? [] : [.. live.SelectMany(PodAddresses.Of)];
        return new GroupView(deployment, live, [.. pods.Where(static p => p.Metadata.DeletionTimestamp is not null)], isMixed || HasOldPodsOnly(deployment))
        {
            Neighbours = [.. others.Where(p => PodAddresses.Of(p).Any(addresses.Contains))],
        };
    }

    /// <summary>Determines whether a rollout has started but has no pod of the new template yet. A paused rollout does not count.</summary>
    private static bool HasOldPodsOnly(V1Deployment deployment) =>
        deployment.Spec?.Paused != true && (deployment.Status?.UpdatedReplicas ?? 0) < (deployment.Status?.Replicas ?? 0);
}
