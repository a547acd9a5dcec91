using System.Globalization;
using System.Text.Json.Nodes;

using DaskK8s.Kubernetes;

using k8s;
using k8s.Models;

namespace DaskK8s.Scaling.Lossless;

/// <summary>Marks the pods to remove, and clears the marks of pods that stay.</summary>
/// <remarks>
/// A mark contains the scaling's id, its expiry and the pod's previous deletion cost. It identifies what an interrupted client
/// left behind, and preserves deletion costs set by others. A label in addition makes marked pods selectable.
/// </remarks>
internal sealed class PodMarks(KubeRequests requests)
{
    public const string CostAnnotation = "controller.kubernetes.io/pod-deletion-cost";

    /// <summary>The annotation that contains the mark, and the label that contains the scaling's id.</summary>
    public const string MarkAnnotation = "daskk8s/scale-down";

    /// <summary>A deletion cost lower than any that is set by hand; the annotation is a 32-bit number.</summary>
    private const string LeavesFirst = "-2147483647";

    /// <summary>Reads a pod's mark.</summary>
    /// <returns>The scaling's id, the expiry and the pod's own deletion cost; or null if the pod has no mark.</returns>
    public static (string Id, DateTimeOffset Until, string? Cost)? Read(V1Pod pod)
    {
        if (pod.Metadata.Annotations is not { } annotations || !annotations.TryGetValue(MarkAnnotation, out string? mark))
        {
            return null;
        }

        string[] parts = mark.Split(';');
        bool isDated = parts.Length == 3 && long.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out _);
        return isDated
            ? (parts[0], DateTimeOffset.FromUnixTimeSeconds(long.Parse(parts[1], CultureInfo.InvariantCulture)), parts[2].Length == 0 ? null : parts[2])
            : (mark, DateTimeOffset.MinValue, null);
    }

    /// <summary>Determines whether a scaling of this library, finished or not, marked the pod as first to be removed.</summary>
    public static bool IsCondemned(V1Pod pod) =>
        pod.Metadata.Annotations is { } annotations && annotations.TryGetValue(CostAnnotation, out string? cost) && cost == LeavesFirst;

    /// <summary>Checks with a dry run whether pods can be patched.</summary>
    /// <exception cref="KubernetesForbiddenException">Pods cannot be patched.</exception>
    public Task<V1Pod> TryAsync(V1Pod pod, CancellationToken cancellationToken) =>
        PatchAsync(pod, new JsonObject { [MarkAnnotation] = "" }, cancellationToken, dryRun: "All");

    /// <summary>Marks a pod as about to be drained; this does not affect the order of removal.</summary>
    public Task<V1Pod> AnnounceAsync(V1Pod pod, string id, DateTimeOffset until, CancellationToken cancellationToken) =>
        PatchAsync(pod, new JsonObject { [MarkAnnotation] = MarkOf(pod, id, until) }, cancellationToken, label: JsonValue.Create(id));

    /// <summary>Marks a drained pod as first to be removed.</summary>
    public Task<V1Pod> CondemnAsync(V1Pod pod, string id, DateTimeOffset until, CancellationToken cancellationToken) => PatchAsync(
        pod, new JsonObject { [MarkAnnotation] = MarkOf(pod, id, until), [CostAnnotation] = LeavesFirst }, cancellationToken, label: JsonValue.Create(id));

    /// <summary>Removes a pod's mark and restores its previous deletion cost.</summary>
    public Task<V1Pod> ClearAsync(V1Pod pod, CancellationToken cancellationToken) =>
        PatchAsync(pod, new JsonObject { [MarkAnnotation] = null, [CostAnnotation] = Read(pod)?.Cost }, cancellationToken, isCleared: true);

    private static string MarkOf(V1Pod pod, string id, DateTimeOffset until)
    {
        string? cost = Read(pod) is { } earlier ? earlier.Cost : pod.Metadata.Annotations?.TryGetValue(CostAnnotation, out string? own) == true ? own : null;
        return string.Create(CultureInfo.InvariantCulture, $"{id};{until.ToUnixTimeSeconds()};{cost}");
    }

    private Task<V1Pod> PatchAsync(
        V1Pod pod, JsonObject annotations, CancellationToken cancellationToken, string? dryRun = null, JsonValue? label = null, bool isCleared = false)
    {
        // The uid makes it this very pod: a name may come again (never with a ReplicaSet, but that is not for us to rely on).
        JsonObject metadata = new() { ["uid"] = pod.Metadata.Uid, ["annotations"] = annotations };
        if (label is not null || isCleared)
        {
            metadata["labels"] = new JsonObject { [MarkAnnotation] = label };
        }

        JsonObject patch = new() { ["metadata"] = metadata };
        return requests.RunAsync(
            new KubernetesApiCall("patch", "pods", "", requests.Connection.Namespace, pod.Metadata.Name),
            (client, ct) => client.CoreV1.PatchNamespacedPodAsync(
                new V1Patch(patch.ToJsonString(), V1Patch.PatchType.MergePatch), pod.Metadata.Name, requests.Connection.Namespace, dryRun: dryRun, fieldManager: Scaler.FieldManager, cancellationToken: ct),
            cancellationToken);
    }
}
