using DaskK8s.Groups;

using k8s.Models;

namespace DaskK8s.Scaling.Lossless;

/// <summary>Chooses which pods of a group leave.</summary>
internal static class CandidateRanking
{
    private const int FewestCandidates = 64;
    private const int CandidatesEach = 4;

    /// <summary>
    /// Ranks pods, the first to leave first: those that Kubernetes would remove whatever their cost (not assigned, pending, not
    /// ready, condemned by an earlier scaling), then those drained already (by whom does not matter: two scalings at once do well to mean the same), then those with the least work, then those that hold the least.
    /// </summary>
    /// <param name="pods">The pods.</param>
    /// <param name="workers">The workers that the scheduler lists.</param>
    /// <param name="container">The name of the Dask container in the Deployment's template; null where it is not known.</param>
    /// <param name="now">The time, by which pods whose workers are unknown come last among those that Kubernetes takes alike; null ignores that.</param>
    /// <param name="neighbours">Worker pods of other groups that share an address with these.</param>
    public static IReadOnlyList<ScaleDownCandidate> Rank(
        IEnumerable<V1Pod> pods, IReadOnlyList<WorkerLoad> workers, string? container = null, DateTimeOffset? now = null, IReadOnlyList<V1Pod>? neighbours = null)
    {
        ILookup<string, WorkerLoad> byHost = workers.ToLookup(static w => PodAddresses.Normalize(w.Host), StringComparer.Ordinal);
        return
        [
            .. Share([.. pods], neighbours ?? [], byHost, container)
                .OrderBy(static v => OrderOfKubernetes(v.Pod))
                .ThenBy(v => now is { } time && v.StandingAt(time) == CandidateStanding.Unknown)
                .ThenByDescending(static v => PodMarks.IsCondemned(v.Pod))
                .ThenByDescending(static v => v.Workers.Count == 0 || v.Workers.All(static w => w.IsRetired))
                .ThenBy(static v => v.Workers.Sum(static w => w.Processing))
                .ThenBy(static v => v.Workers.Sum(static w => w.Occupancy))
                .ThenBy(static v => v.Workers.Sum(static w => w.Bytes))
                .ThenByDescending(static v => v.Pod.Metadata.CreationTimestamp)
                .ThenBy(static v => v.Name, StringComparer.Ordinal),
        ];
    }

    /// <summary>Chooses the pods that are asked about: some more than leave, of thousands that are alike, and all of a small group.</summary>
    /// <param name="live">The group's pods.</param>
    /// <param name="need">How many are to leave.</param>
    /// <returns>Those that Kubernetes would remove first, those that a scaling has marked, and those that share an address with one of them.</returns>
    public static IReadOnlyList<V1Pod> Choose(IReadOnlyList<V1Pod> live, int need)
    {
        int most = Math.Max(FewestCandidates, CandidatesEach * need);
        if (live.Count <= most)
        {
            return live;
        }

        HashSet<V1Pod> chosen = [.. live.OrderBy(OrderOfKubernetes).Take(most), .. live.Where(static p => PodMarks.IsCondemned(p) || PodMarks.Read(p) is not null)];
        HashSet<string> addresses = [.. chosen.SelectMany(PodAddresses.Of)];
        return [.. live.Where(p => chosen.Contains(p) || PodAddresses.Of(p).Any(addresses.Contains))];
    }

    /// <summary>Determines whether Kubernetes removes some pod before another whatever their costs.</summary>
    public static bool IsBefore(V1Pod one, V1Pod other) => OrderOfKubernetes(one).CompareTo(OrderOfKubernetes(other)) < 0;

    /// <summary>Returns each pod its workers. With host networking several pods have one address: where its workers are fewer than they start, none of them is known.</summary>
    private static IEnumerable<ScaleDownCandidate> Share(V1Pod[] pods, IReadOnlyList<V1Pod> neighbouring, ILookup<string, WorkerLoad> byHost, string? container)
    {
        ILookup<string, V1Pod> byAddress = pods.Concat(neighbouring).SelectMany(static p => PodAddresses.Of(p).Select(h => (Host: h, Pod: p))).ToLookup(static x => x.Host, static x => x.Pod, StringComparer.Ordinal);
        foreach (V1Pod pod in pods)
        {
            WorkerLoad[] all = [.. PodAddresses.Of(pod).SelectMany(h => byHost[h])];
            V1Pod[] neighbours = [.. PodAddresses.Of(pod).SelectMany(h => byAddress[h]).Distinct()];
            bool isShort = neighbours.Length > 1 && all.Length < neighbours.Sum(p => DaskContainer.WorkersOf(p, container));
            yield return new ScaleDownCandidate(pod, isShort ? [] : all, container);
        }
    }

    /// <summary>Determines whether Kubernetes would let exactly these leave, once they have the lowest cost: it looks at that last.</summary>
    public static bool AreFirst(IEnumerable<V1Pod> pods, IReadOnlySet<string> leaving)
    {
        ILookup<bool, (bool, int, bool)> orders = pods.ToLookup(p => leaving.Contains(p.Metadata.Uid), OrderOfKubernetes);
        return !orders.Contains(true) || !orders.Contains(false) || orders[true].Max().CompareTo(orders[false].Min()) <= 0;
    }

    /// <summary>Determines whether <see cref="AreFirst"/> will last: not as long as pods on both sides are starting, for any of them may be ready first.</summary>
    public static bool IsSteady(IEnumerable<V1Pod> pods, IReadOnlySet<string> leaving)
    {
        ILookup<bool, V1Pod> starting = pods.Where(static p => !IsReady(p)).ToLookup(p => leaving.Contains(p.Metadata.Uid));
        return !starting.Contains(true) || !starting.Contains(false);
    }

    /// <summary>Determines whether the scheduler can be told of all who leave: one that starts has no address yet by which to keep out the worker that may still turn up there.</summary>
    /// <remarks>
    /// To wait for the address lets the pod's process begin just as it is told to end, so that more such workers turn up than without. That is no harm only
    /// where the scheduler gives them nothing: given a task each, they would die of it, and a few of them are enough for Dask to give the task up.
    /// </remarks>
    public static bool HaveAddresses(IEnumerable<V1Pod> pods, IReadOnlySet<string> leaving) =>
        !pods.Any(p => leaving.Contains(p.Metadata.Uid) && !IsReady(p) && new ScaleDownCandidate(p, []).MayBeStarting);

    /// <summary>The order in which a ReplicaSet compares pods before it compares costs: not assigned, pending, unknown, not ready.</summary>
    private static (bool IsAssigned, int Phase, bool IsReady) OrderOfKubernetes(V1Pod pod) =>
        (!string.IsNullOrEmpty(pod.Spec?.NodeName), pod.Status?.Phase switch { "Pending" => 0, "Unknown" => 1, _ => 2 }, IsReady(pod));

    private static bool IsReady(V1Pod pod) => pod.Status?.Conditions?.Any(static c => c is { Type: "Ready", Status: "True" }) == true;
}
