using k8s.Models;

namespace DaskK8s.Scaling.Lossless;

/// <summary>Is a pod that may leave, with its Dask workers.</summary>
/// <param name="Pod">The pod.</param>
/// <param name="Workers">Its workers; empty where none has connected.</param>
internal sealed record Victim(V1Pod Pod, IReadOnlyList<WorkerLoad> Workers)
{
    public string Uid => Pod.Metadata.Uid;

    public string Name => Pod.Metadata.Name;

    /// <summary>Gets the pod's address, or null where it has none yet.</summary>
    public string? Host => Pod.Status?.PodIP is { Length: > 0 } ip ? ip : null;

    /// <summary>
    /// Gets how long a worker may still turn up in the pod once it leaves. A container that is told to end while it starts may not hear of it,
    /// and then runs until its grace period is over (seen on 1.36.2); the margin is for a node that is slow to end it.
    /// </summary>
    public TimeSpan Linger => TimeSpan.FromSeconds((Pod.Spec?.TerminationGracePeriodSeconds ?? 30) + 15);

    /// <summary>Gets whether the pod may be starting somewhere, where nobody can tell yet.</summary>
    public bool MayBeStarting =>
        Host is null && Pod.Status?.Conditions?.Any(static c => c is { Type: "PodScheduled", Status: "False" }) != true;

    public IReadOnlyList<string> Addresses => [.. Workers.Select(static w => w.Address)];

    /// <summary>Gives the addresses of pods' workers, by the pods' uids.</summary>
    public static Dictionary<string, IReadOnlyList<string>> AddressesOf(IEnumerable<Victim> victims) =>
        victims.ToDictionary(static v => v.Uid, static v => v.Addresses, StringComparer.Ordinal);

    /// <summary>Gets whether the pod never got as far as running: no server version would rather remove one that runs.</summary>
    public bool IsPending => Workers.Count == 0 && (string.IsNullOrEmpty(Pod.Spec?.NodeName) || Pod.Status?.Phase is "Pending");
}
