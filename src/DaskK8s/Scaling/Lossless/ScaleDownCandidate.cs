using DaskK8s.Groups;

using k8s.Models;

namespace DaskK8s.Scaling.Lossless;

/// <summary>A candidate for removal: a pod with its Dask workers.</summary>
/// <param name="Pod">The pod.</param>
/// <param name="Workers">Its workers; empty if none has connected.</param>
/// <param name="Container">The name of the Dask container in the Deployment's template; null if unknown.</param>
internal sealed record ScaleDownCandidate(V1Pod Pod, IReadOnlyList<WorkerLoad> Workers, string? Container = null)
{
    /// <summary>The time within which a worker is expected to connect after its container has started.</summary>
    public static readonly TimeSpan StartLimit = TimeSpan.FromSeconds(30);

    public string Uid => Pod.Metadata.Uid;

    public string Name => Pod.Metadata.Name;

    /// <summary>Gets the pod's address, or null if it has none yet.</summary>
    public string? Host => Pod.Status?.PodIP is { Length: > 0 } ip ? ip : null;

    /// <summary>
    /// Gets how long a worker can still connect after the pod begins to leave. A container that is told to end while it starts can miss the signal
    /// and then runs until its grace period has elapsed (seen on 1.36.2); the margin is for a slow node.
    /// </summary>
    public TimeSpan Linger => TimeSpan.FromSeconds((Pod.Spec?.TerminationGracePeriodSeconds ?? 30) + 15);

    /// <summary>Gets whether the pod may be starting but has no address yet.</summary>
    public bool MayBeStarting =>
        Host is null && Pod.Status?.Conditions?.Any(static c => c is { Type: "PodScheduled", Status: "False" }) != true;

    public IReadOnlyList<string> Addresses => [.. Workers.Select(static w => w.Address)];

    /// <summary>Returns the addresses of the workers by pod uid.</summary>
    public static Dictionary<string, IReadOnlyList<string>> AddressesOf(IEnumerable<ScaleDownCandidate> candidates) =>
        candidates.ToDictionary(static v => v.Uid, static v => v.Addresses, StringComparer.Ordinal);

    /// <summary>Gets whether the pod never ran Dask: every server version removes such pods before running ones.</summary>
    /// <remarks>A pod with several containers is Pending until all of them run, so its worker can already be running.</remarks>
    public bool IsPending => Workers.Count == 0 && (string.IsNullOrEmpty(Pod.Spec?.NodeName) || (Pod.Status?.Phase is "Pending" && !HasBegun(Status)));

    private V1ContainerStatus? Status => DaskContainer.StatusOf(Pod, Container);

    /// <summary>Returns what is known about the pod's workers. An unknown worker is never treated as idle.</summary>
    /// <param name="now">The current time.</param>
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
            ? "the scheduler lists none of its workers, so their results are unknown"
            : FormattableString.Invariant($"the scheduler lists {Workers.Count} of its {expected} workers, so the results of the others are unknown");
    }

    private static bool HasBegun(V1ContainerStatus? status) =>
        status is not null && (status.State?.Running is not null || status.State?.Terminated is not null || status.LastState?.Terminated is not null || status.RestartCount > 0);
}
