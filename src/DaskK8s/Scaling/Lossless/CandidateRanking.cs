using DaskK8s.Groups;

using k8s.Models;

namespace DaskK8s.Scaling.Lossless;

/// <summary>Selects the pods of a group to remove.</summary>
internal static class CandidateRanking
{
    private const int FewestCandidates = 64;
    private const int CandidatesEach = 4;

    /// <summary>
    /// Ranks pods in order of removal: those that Kubernetes would remove first regardless of their deletion cost (not assigned, pending, not
    /// ready), those marked by an earlier scaling, those already drained (by any scaling), those with the least work, those with the fewest results.
    /// </summary>
    /// <param name="pods">The pods.</param>
    /// <param name="workers">The workers that the scheduler lists.</param>
    /// <param name="container">The name of the Dask container in the Deployment's template; null if unknown.</param>
    /// <param name="now">The current time, to rank pods with unknown workers last among those equal for Kubernetes; null to skip this.</param>
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

    /// <summary>Selects the pods to ask the scheduler about: all pods of a small group, or somewhat more than must leave from a large one.</summary>
    /// <param name="live">The group's pods.</param>
    /// <param name="need">The number of pods to remove.</param>
    /// <returns>The pods that Kubernetes would remove first, those marked by a scaling, and those that share an address with one of them.</returns>
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

    /// <summary>Determines whether Kubernetes removes one pod before another regardless of their deletion costs.</summary>
    public static bool IsBefore(V1Pod one, V1Pod other) => OrderOfKubernetes(one).CompareTo(OrderOfKubernetes(other)) < 0;

    /// <summary>Assigns workers to pods. If an address shared by several pods has fewer workers than they start, all are unknown.</summary>
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

    /// <summary>Determines whether Kubernetes would remove exactly these pods once they have the lowest deletion cost, its last criterion.</summary>
    public static bool AreFirst(IEnumerable<V1Pod> pods, IReadOnlySet<string> leaving)
    {
        ILookup<bool, (bool, int, bool)> orders = pods.ToLookup(p => leaving.Contains(p.Metadata.Uid), OrderOfKubernetes);
        return !orders.Contains(true) || !orders.Contains(false) || orders[true].Max().CompareTo(orders[false].Min()) <= 0;
    }

    /// <summary>Determines whether <see cref="AreFirst"/> is stable: not while both leaving and staying pods are starting.</summary>
    public static bool IsSteady(IEnumerable<V1Pod> pods, IReadOnlySet<string> leaving)
    {
        ILookup<bool, V1Pod> starting = pods.Where(static p => !IsReady(p)).ToLookup(p => leaving.Contains(p.Metadata.Uid));
        return !starting.Contains(true) || !starting.Contains(false);
    }

    /// <summary>Determines whether all leaving pods have addresses, by which the scheduler keeps tasks from workers that still connect.</summary>
    /// <remarks>
    /// While the address is awaited, the pod's process starts just as it is told to end, so more such workers connect. This is harmless only
    /// if the scheduler gives them no tasks: they would end while running one, and after a few such losses Dask marks the task as failed.
    /// </remarks>
    public static bool HaveAddresses(IEnumerable<V1Pod> pods, IReadOnlySet<string> leaving) =>
        !pods.Any(p => leaving.Contains(p.Metadata.Uid) && !IsReady(p) && new ScaleDownCandidate(p, []).MayBeStarting);

    /// <summary>The order in which a ReplicaSet compares pods before it compares costs: not assigned, pending, unknown, not ready.</summary>
    private static (bool IsAssigned, int Phase, bool IsReady) OrderOfKubernetes(V1Pod pod) =>
        (!string.IsNullOrEmpty(pod.Spec?.NodeName), pod.Status?.Phase switch { "Pending" => 0, "Unknown" => 1, _ => 2 }, IsReady(pod));

    private static bool IsReady(V1Pod pod) => pod.Status?.Conditions?.Any(static c => c is { Type: "Ready", Status: "True" }) == true;
}
