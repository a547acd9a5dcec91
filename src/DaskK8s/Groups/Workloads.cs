using DaskK8s.Kubernetes;

using k8s;
using k8s.Models;

namespace DaskK8s.Groups;

/// <summary>Reads what Kubernetes runs for a release: three lists at once, all selected by the chart's <c>release</c> label.</summary>
internal sealed class Workloads(KubeRequests requests, string release)
{
    private string Namespace => requests.Connection.Namespace;

    private string Selector => $"release={release}";

    public async Task<WorkloadSnapshot> ReadAsync(CancellationToken cancellationToken)
    {
        Task<IList<V1Deployment>> deployments = ListDeploymentsAsync(cancellationToken);
        Task<IList<V1ReplicaSet>?> replicaSets = ListReplicaSetsAsync(cancellationToken);
        Task<IList<V1Pod>> pods = ListPodsAsync(cancellationToken);
        await Task.WhenAll(deployments, replicaSets, pods).ConfigureAwait(false);
        return new WorkloadSnapshot(
            [.. await deployments.ConfigureAwait(false)],
            await replicaSets.ConfigureAwait(false) is { } sets ? [.. sets] : null,
            [.. await pods.ConfigureAwait(false)]);
    }

    public async Task<IList<V1Deployment>> ListDeploymentsAsync(CancellationToken cancellationToken) =>
        (await requests.RunAsync(
            new KubernetesApiCall("list", "deployments", "apps", Namespace),
            (client, ct) => client.AppsV1.ListNamespacedDeploymentAsync(Namespace, labelSelector: Selector, cancellationToken: ct),
            cancellationToken).ConfigureAwait(false)).Items;

    public async Task<IList<V1Pod>> ListPodsAsync(CancellationToken cancellationToken) =>
        (await requests.RunAsync(
            new KubernetesApiCall("list", "pods", "", Namespace),
            (client, ct) => client.CoreV1.ListNamespacedPodAsync(Namespace, labelSelector: Selector, cancellationToken: ct),
            cancellationToken).ConfigureAwait(false)).Items;

    /// <summary>Follows the release's pods; each item is all of them, by uid.</summary>
    public IAsyncEnumerable<IReadOnlyDictionary<string, V1Pod>> FollowPodsAsync(CancellationToken cancellationToken) => KubeWatch.FollowAsync(
        requests,
        new KubernetesApiCall("list", "pods", "", Namespace),
        $"api/v1/namespaces/{Namespace}/pods?labelSelector={Uri.EscapeDataString(Selector)}",
        async (client, ct) =>
        {
            V1PodList list = await client.CoreV1.ListNamespacedPodAsync(Namespace, labelSelector: Selector, cancellationToken: ct).ConfigureAwait(false);
            return (list.Items, list.Metadata?.ResourceVersion);
        },
        cancellationToken);

    /// <summary>Follows the release's Deployments; each item is all of them, by uid.</summary>
    public IAsyncEnumerable<IReadOnlyDictionary<string, V1Deployment>> FollowDeploymentsAsync(CancellationToken cancellationToken) => KubeWatch.FollowAsync(
        requests,
        new KubernetesApiCall("list", "deployments", "apps", Namespace),
        $"apis/apps/v1/namespaces/{Namespace}/deployments?labelSelector={Uri.EscapeDataString(Selector)}",
        async (client, ct) =>
        {
            V1DeploymentList list = await client.AppsV1.ListNamespacedDeploymentAsync(Namespace, labelSelector: Selector, cancellationToken: ct).ConfigureAwait(false);
            return (list.Items, list.Metadata?.ResourceVersion);
        },
        cancellationToken);

    /// <summary>Lists the ReplicaSets, or gives null where that is forbidden: the chart's own Role does not allow it.</summary>
    private async Task<IList<V1ReplicaSet>?> ListReplicaSetsAsync(CancellationToken cancellationToken)
    {
        try
        {
            return (await requests.RunAsync(
                new KubernetesApiCall("list", "replicasets", "apps", Namespace),
                (client, ct) => client.AppsV1.ListNamespacedReplicaSetAsync(Namespace, labelSelector: Selector, cancellationToken: ct),
                cancellationToken).ConfigureAwait(false)).Items;
        }
        catch (KubernetesForbiddenException)
        {
            return null;
        }
    }
}
