using DaskK8s.Groups;

using k8s.Models;

namespace DaskK8s.Scaling.Lossless;

/// <summary>A pod that may leave, with its Dask workers.</summary>
/// <param name="Pod">The pod.</param>
/// <param name="Workers">Its workers; empty where none has connected.</param>
/// <param name="Container">The name of the Dask container in the Deployment's template; null where it is not known.</param>
internal sealed record ScaleDownCandidate(V1Pod Pod, IReadOnlyList<WorkerLoad> Workers, string? Container = null)
{
    /// <summary>The time within which a worker connects once its container runs; later, it is not expected any more.</summary>
    public static readonly TimeSpan StartLimit = TimeSpan.FromSeconds(30);

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

    /// <summary>Returns the addresses of pods' workers, by the pods' uids.</summary>
    public static Dictionary<string, IReadOnlyList<string>> AddressesOf(IEnumerable<ScaleDownCandidate> candidates) =>
        candidates.ToDictionary(static v => v.Uid, static v => v.Addresses, StringComparer.Ordinal);

    /// <summary>Gets whether the pod never got as far as running Dask: no server version would rather remove one that runs.</summary>
    /// <remarks>A pod with several containers is Pending until the last of them runs: its worker may be at work before.</remarks>
    public bool IsPending => Workers.Count == 0 && (string.IsNullOrEmpty(Pod.Spec?.NodeName) || (Pod.Status?.Phase is "Pending" && !HasBegun(Status)));

    private V1ContainerStatus? Status => DaskContainer.StatusOf(Pod, Container);

    /// <summary>Returns what is known of the pod's workers. An unknown worker is never an idle worker.</summary>
    /// <param name="now">The time.</param>
    public CandidateStanding StandingAt(DateTimeOffset now)
    {
        if (IsPending)
        {
            return CandidateStanding.Empty;
        }

        if (Workers.Count >= DaskContainer.WorkersOf(Pod, Container))
        {
            return CandidateStanding.Known;
        }

        V1ContainerStatus? status = Status;
        if (Workers.Count == 0 && status?.State is { Running: null } state && (state.Waiting is not null || state.Terminated is not null))
        {
            return CandidateStanding.Empty;
        }

        return status?.State?.Running?.StartedAt is { } started && now - new DateTimeOffset(started) < StartLimit ? CandidateStanding.Starting : CandidateStanding.Unknown;
    }

    /// <summary>Describes what the scheduler does not know about the pod.</summary>
    public string WhatIsUnknown()
    {
        int expected = DaskContainer.WorkersOf(Pod, Container);
        return Workers.Count == 0
            ? "the scheduler lists no worker of it, so its results are unknown"
            : FormattableString.Invariant($"the scheduler lists {Workers.Count} of its {expected} workers, so the results of the others are unknown");
    }

    private static bool HasBegun(V1ContainerStatus? status) =>
        status is not null && (status.State?.Running is not null || status.State?.Terminated is not null || status.LastState?.Terminated is not null || status.RestartCount > 0);
}
