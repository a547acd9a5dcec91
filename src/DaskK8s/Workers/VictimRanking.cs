using k8s.Models;

namespace DaskK8s.Workers;

/// <summary>Chooses which pods of a group leave.</summary>
internal static class VictimRanking
{
    /// <summary>
    /// Ranks pods, the first to leave first: those that Kubernetes would remove whatever their cost (not assigned, pending, not
    /// ready, condemned by an earlier scaling), then those drained already (by whom does not matter: two scalings at once do well to mean the same), then those with the least work, then those that hold the least.
    /// </summary>
    public static IReadOnlyList<Victim> Rank(IEnumerable<V1Pod> pods, IReadOnlyList<WorkerLoad> workers)
    {
        ILookup<string, WorkerLoad> byHost = workers.ToLookup(static w => w.Host, StringComparer.Ordinal);
        return
        [
            .. pods.Select(pod => new Victim(pod, pod.Status?.PodIP is { Length: > 0 } ip ? [.. byHost[ip]] : []))
                .OrderBy(static v => !string.IsNullOrEmpty(v.Pod.Spec?.NodeName))
                .ThenBy(static v => v.Pod.Status?.Phase switch { "Pending" => 0, "Unknown" => 1, _ => 2 })
                .ThenBy(static v => IsReady(v.Pod))
                .ThenByDescending(static v => PodMarks.IsCondemned(v.Pod))
                .ThenByDescending(static v => v.Workers.Count == 0 || v.Workers.All(static w => w.IsRetired))
                .ThenBy(static v => v.Workers.Sum(static w => w.Processing))
                .ThenBy(static v => v.Workers.Sum(static w => w.Occupancy))
                .ThenBy(static v => v.Workers.Sum(static w => w.Bytes))
                .ThenByDescending(static v => v.Pod.Metadata.CreationTimestamp)
                .ThenBy(static v => v.Name, StringComparer.Ordinal),
        ];
    }

    private static bool IsReady(V1Pod pod) => pod.Status?.Conditions?.Any(static c => c is { Type: "Ready", Status: "True" }) == true;
}
