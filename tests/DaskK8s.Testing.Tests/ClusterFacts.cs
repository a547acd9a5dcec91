using k8s;
using k8s.Models;

namespace DaskK8s.Testing.Tests;

/// <summary>What tests ask a cluster again and again.</summary>
internal static class ClusterFacts
{
    public static CancellationToken Token => TestContext.Current.CancellationToken;

    /// <summary>Waits by watching until the pods of a namespace are as asked.</summary>
    public static async Task<IList<V1Pod>> PodsAsync(this IKubernetes client, Func<IList<V1Pod>, bool> condition, string inNamespace = "default", int seconds = 20)
    {
        using CancellationTokenSource limit = CancellationTokenSource.CreateLinkedTokenSource(Token);
        limit.CancelAfter(TimeSpan.FromSeconds(seconds));
        IList<V1Pod> last = [];
        try
        {
            while (true)
            {
                V1PodList list = await client.CoreV1.ListNamespacedPodAsync(inNamespace, cancellationToken: limit.Token);
                last = list.Items;
                if (condition(last))
                {
                    return last;
                }

                await foreach ((WatchEventType _, V1Pod _) in client.CoreV1.WatchListNamespacedPodAsync(inNamespace, resourceVersion: list.Metadata.ResourceVersion, timeoutSeconds: 5, cancellationToken: limit.Token))
                {
                    break;
                }
            }
        }
        catch (OperationCanceledException) when (!Token.IsCancellationRequested)
        {
            throw new TimeoutException($"The pods did not become what was asked: {string.Join("; ", last.Select(pod => $"{pod.Metadata.Name} {pod.Status.Phase} ready={pod.IsReady()}"))}");
        }
    }

    public static Task<IList<V1Pod>> ReadyPodsAsync(this IKubernetes client, int count, string inNamespace = "default", int seconds = 20) =>
        client.PodsAsync(pods => pods.Count == count && pods.All(IsReady), inNamespace, seconds);

    public static bool IsReady(this V1Pod pod) => pod.Metadata.DeletionTimestamp is null && pod.Status.Conditions?.Any(condition => condition is { Type: "Ready", Status: "True" }) == true;

    public static Task<V1Deployment> ScaleAsync(this IKubernetes client, string deployment, int replicas, string inNamespace = "default", string manager = "test") =>
        client.AppsV1.PatchNamespacedDeploymentAsync(
            new V1Patch($"{{\"spec\":{{\"replicas\":{replicas}}}}}", V1Patch.PatchType.MergePatch), deployment, inNamespace, fieldManager: manager, cancellationToken: Token);
}
