using DaskK8s.Causes;
using DaskK8s.Groups;

using k8s.Models;

namespace DaskK8s.Waiting;

/// <summary>The state that a wait knows at one point in time.</summary>
/// <param name="Deployments">The release's Deployments by name.</param>
/// <param name="PodsByGroup">The worker pods by group.</param>
/// <param name="Connections">The workers that the scheduler lists, or null if it has not answered or cannot be reached.</param>
/// <param name="IsFresh">Whether the scheduler's answer is newer than the last change in Kubernetes.</param>
/// <param name="AsksScheduler">Whether the wait requires an answer of the scheduler.</param>
internal sealed record WaitView(
    IReadOnlyDictionary<string, V1Deployment> Deployments, ILookup<string, V1Pod> PodsByGroup, PodConnections? Connections, bool IsFresh, bool AsksScheduler)
{
    private HashSet<string>? _addresses;

    /// <summary>Returns why pods are not as they were asked for, in one look.</summary>
    /// <param name="snapshot">What runs.</param>
    /// <param name="listed">The number of workers that the scheduler lists at each address, or null where it cannot be asked.</param>
    /// <param name="plans">The groups.</param>
    /// <param name="now">The current time.</param>
    /// <returns>The causes, group by group and pod by pod.</returns>
    public static IReadOnlyList<PodCause> CausesOf(
        WorkloadSnapshot snapshot, IReadOnlyDictionary<string, int>? listed, IReadOnlyList<GroupPlan> plans, DateTimeOffset now)
    {
        PodOwners owners = new(plans);
        V1Pod[] workers = [.. snapshot.Pods.Where(p => owners.Find(p) is not null)];
        WaitView view = new(
            snapshot.Deployments.ToDictionary(static d => d.Metadata.Name, StringComparer.Ordinal),
            workers.ToLookup(p => owners.Find(p)!.Name, StringComparer.Ordinal),
            listed is null ? null : new PodConnections(listed, workers.Where(PodDiagnosis.IsActive)),
            IsFresh: listed is not null,
            AsksScheduler: listed is not null);
        return [.. plans.SelectMany(g => new WaitGroup(g, []).Look(view, now).Causes)];
    }

    /// <summary>Determines whether a pod of any group currently has the address.</summary>
    public bool IsInUse(string address) =>
        (_addresses ??= [.. PodsByGroup.SelectMany(static g => g).SelectMany(PodAddresses.Of)]).Contains(address);
}
