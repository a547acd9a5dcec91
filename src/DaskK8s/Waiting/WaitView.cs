using DaskK8s.Causes;
using DaskK8s.Groups;

using k8s.Models;

namespace DaskK8s.Waiting;

/// <summary>Holds all that a wait knows at one moment.</summary>
/// <param name="Deployments">The release's Deployments by name.</param>
/// <param name="PodsByGroup">The worker pods by group.</param>
/// <param name="Connections">What the scheduler lists, or null before it was asked or where it cannot be.</param>
/// <param name="IsFresh">Whether the scheduler was asked after the last change that Kubernetes told of.</param>
/// <param name="AsksScheduler">Whether the scheduler's word is waited for.</param>
internal sealed record WaitView(
    IReadOnlyDictionary<string, V1Deployment> Deployments, ILookup<string, V1Pod> PodsByGroup, PodConnections? Connections, bool IsFresh, bool AsksScheduler)
{
    private HashSet<string>? _addresses;

    /// <summary>Returns why pods are not as they were asked for, in one look.</summary>
    /// <param name="snapshot">What runs.</param>
    /// <param name="listed">The number of workers that the scheduler lists at each address, or null where it cannot be asked.</param>
    /// <param name="plans">The groups.</param>
    /// <param name="now">The time.</param>
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

    /// <summary>Determines whether a pod of any group has the address now.</summary>
    public bool IsInUse(string address) =>
        (_addresses ??= [.. PodsByGroup.SelectMany(static g => g).SelectMany(PodAddresses.Of)]).Contains(address);
}
