using DaskK8s.Scaling.Lossless;

using k8s;
using k8s.Models;

namespace DaskK8s.Tests.Rigs.Kubernetes;

/// <summary>Leaves on pods what a client leaves that died between condemning and patching.</summary>
internal static class TestMarks
{
    public static Task CondemnAsync(k8s.Kubernetes client, V1Pod pod, DateTimeOffset until, int? ownCost, CancellationToken cancellationToken) =>
        client.CoreV1.PatchNamespacedPodAsync(
            new V1Patch(
                $$$$"""{"metadata":{"labels":{"daskk8s/scale-down":"dead"},"annotations":{"daskk8s/scale-down":"dead;{{{{until.ToUnixTimeSeconds()}}}};{{{{ownCost}}}}","{{{{PodMarks.CostAnnotation}}}}":"-2147483647"}}}""",
                V1Patch.PatchType.MergePatch),
            pod.Metadata.Name,
            pod.Metadata.NamespaceProperty,
            cancellationToken: cancellationToken);
}
