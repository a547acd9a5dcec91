using DaskK8s.Kubernetes;

using k8s;
using k8s.Models;

namespace DaskK8s.Groups;

/// <summary>Reads what Kubernetes runs for a release: three lists at once, all selected by the chart's <c>release</c> label.</summary>
internal sealed class Workloads(KubeRequests requests, string release)
{
    /// <summary>Gets or sets the Deployments of other instances of the chart in the same release: they and their pods are not read.</summary>
    public IReadOnlySet<string> Others { get; set; } = new HashSet<string>();

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
        Own((await requests.RunAsync(
            new KubernetesApiCall("list", "deployments", "apps", Namespace),
            (client, ct) => client.AppsV1.ListNamespacedDeploymentAsync(Namespace, labelSelector: Selector, cancellationToken: ct),
            cancellationToken).ConfigureAwait(false)).Items, static d => d.Metadata.Name);

    public async Task<IList<V1Pod>> ListPodsAsync(CancellationToken cancellationToken) =>
        Own((await requests.RunAsync(
            new KubernetesApiCall("list", "pods", "", Namespace),
            (client, ct) => client.CoreV1.ListNamespacedPodAsync(Namespace, labelSelector: Selector, cancellationToken: ct),
            cancellationToken).ConfigureAwait(false)).Items, PodOwners.DeploymentOf);

    /// <summary>Determines whether a pod is none of another instance's.</summary>
    public bool IsOwn(V1Pod pod) => Others.Count == 0 || PodOwners.DeploymentOf(pod) is not { } deployment || !Others.Contains(deployment);

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
        cancellationToken).Select(pods => Own(pods, PodOwners.DeploymentOf));

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
        cancellationToken).Select(deployments => Own(deployments, static d => d.Metadata.Name));

    private IList<T> Own<T>(IList<T> items, Func<T, string?> deploymentOf) =>
        Others.Count == 0 ? items : [.. items.Where(i => deploymentOf(i) is not { } name || !Others.Contains(name))];

    private IReadOnlyDictionary<string, T> Own<T>(IReadOnlyDictionary<string, T> items, Func<T, string?> deploymentOf) =>
        Others.Count == 0 ? items : items.Where(i => deploymentOf(i.Value) is not { } name || !Others.Contains(name)).ToDictionary(StringComparer.Ordinal);

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
