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

    /// <summary>Determines whether a pod of any group has the address now.</summary>
    public bool IsInUse(string address) =>
        (_addresses ??= [.. PodsByGroup.SelectMany(static g => g).SelectMany(PodAddresses.Of)]).Contains(address);
}
