using System.Globalization;
using System.Text.Json.Nodes;
using DaskK8s.Testing.Processes;
using DaskK8s.Testing.Storage;

namespace DaskK8s.Testing.Controllers;

/// <summary>
/// Ranks the pods of a ReplicaSet that scales down, first candidate first, as kube-controller-manager does: unassigned, pending, not ready,
/// lower deletion cost, more pods on the node, ready for a shorter time, more restarts, younger.
/// </summary>
internal sealed class DeletionOrder(DateTimeOffset now, bool costs, IReadOnlyDictionary<string, int> podsOnNode) : IComparer<StoredObject>
{
    private const string CostAnnotation = "controller.kubernetes.io/pod-deletion-cost";

    public int Compare(StoredObject? x, StoredObject? y)
    {
        (JsonObject left, JsonObject right) = (x!.Value, y!.Value);
        int order = Assigned(left).CompareTo(Assigned(right));
        order = order != 0 ? order : Phase(left).CompareTo(Phase(right));
        order = order != 0 ? order : PodState.IsReady(left).CompareTo(PodState.IsReady(right));
        order = order != 0 || !costs ? order : Cost(left).CompareTo(Cost(right));
        order = order != 0 ? order : -OnNode(left).CompareTo(OnNode(right));
        if (order == 0 && PodState.IsReady(left))
        {
            order = Age(ReadySince(left), ReadySince(right), x, y);
        }

        order = order != 0 ? order : -Restarts(left).CompareTo(Restarts(right));
        return order != 0 ? order : Age(Created(left), Created(right), x, y);
    }

    private static bool Assigned(JsonObject pod) => pod.Text("spec", "nodeName") is { Length: > 0 };

    private static int Phase(JsonObject pod) => pod.Text("status", "phase") switch { "Pending" => 0, "Unknown" => 1, _ => 2 };

    private static int Cost(JsonObject pod) =>
        int.TryParse(pod.Map("metadata", "annotations").GetValueOrDefault(CostAnnotation), CultureInfo.InvariantCulture, out int cost) ? cost : 0;

    private static long Restarts(JsonObject pod) => pod.Objects("status", "containerStatuses").Select(status => status.Number("restartCount") ?? 0).DefaultIfEmpty().Max();

    private static DateTimeOffset? ReadySince(JsonObject pod) => PodState.Time(PodState.Condition(pod, "Ready").Text("lastTransitionTime"));

    private static DateTimeOffset? Created(JsonObject pod) => PodState.Time(pod.Text("metadata", "creationTimestamp"));

    private int OnNode(JsonObject pod) => podsOnNode.GetValueOrDefault(pod.Text("spec", "nodeName") ?? string.Empty);

    /// <summary>
    /// Compares by age, the younger first. From 1.21 on, ages are rounded to powers of two, and ties are decided by uid; older servers use exact ages.
    /// </summary>
    private int Age(DateTimeOffset? left, DateTimeOffset? right, StoredObject x, StoredObject y)
    {
        if (left == right)
        {
            return 0;
        }

        if (!costs)
        {
            return Nullable.Compare(right, left);
        }

        int order = Magnitude(left).CompareTo(Magnitude(right));
        return order != 0 ? order : string.CompareOrdinal(x.Uid, y.Uid);
    }

    private int Magnitude(DateTimeOffset? since) =>
        since is { } time && now > time ? (int)Math.Log2(Math.Max(1, (now - time).Ticks * 100.0)) : -1;
}
