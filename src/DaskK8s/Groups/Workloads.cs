using System.Collections.Immutable;

using DaskK8s.Kubernetes;

using k8s;
using k8s.Models;

namespace DaskK8s.Groups;

/// <summary>Reads the Kubernetes objects of a release: three concurrent lists, all selected by the chart's <c>release</c> label.</summary>
internal sealed class Workloads(KubeRequests requests, string release)
{
    private SharedWatch<V1Pod>? _pods;
    private SharedWatch<V1Deployment>? _deployments;

    /// <summary>Gets or sets the Deployments of other chart instances in the same release; they and their pods are not read.</summary>
    public IReadOnlySet<string> Others { get; set; } = new HashSet<string>();

    private string Namespace => requests.Connection.Namespace;

    private string Selector => $"release={release}";

    public Task<WorkloadSnapshot> ReadAsync(CancellationToken cancellationToken) => ReadAsync(async ct => [.. await ListPodsAsync(ct).ConfigureAwait(false)], cancellationToken);

    /// <summary>Reads the objects, with pods from another source.</summary>
    public async Task<WorkloadSnapshot> ReadAsync(Func<CancellationToken, Task<IReadOnlyList<V1Pod>>> readPods, CancellationToken cancellationToken)
    {
        Task<IList<V1Deployment>> deployments = ListDeploymentsAsync(cancellationToken);
        Task<IList<V1ReplicaSet>?> replicaSets = ListReplicaSetsAsync(cancellationToken);
        Task<IReadOnlyList<V1Pod>> pods = readPods(cancellationToken);
        await Task.WhenAll(deployments, replicaSets, pods).ConfigureAwait(false);
        return new WorkloadSnapshot(
            [.. await deployments.ConfigureAwait(false)],
            await replicaSets.ConfigureAwait(false) is { } sets ? [.. sets] : null,
            await pods.ConfigureAwait(false));
    }

    /// <summary>Reads only the Deployments, whose number and size do not depend on the number of pods.</summary>
    public async Task<WorkloadSnapshot> ReadDeploymentsAsync(CancellationToken cancellationToken) =>
        new([.. await ListDeploymentsAsync(cancellationToken).ConfigureAwait(false)], null, []) { HasPods = false };

    public async Task<IList<V1Deployment>> ListDeploymentsAsync(CancellationToken cancellationToken) =>
        Own((await requests.RunAsync(
            new KubernetesApiCall("list", "deployments", "apps", Namespace),
            (client, ct) => client.AppsV1.ListNamespacedDeploymentAsync(Namespace, labelSelector: Selector, cancellationToken: ct),
            cancellationToken).ConfigureAwait(false)).Items, static d => d.Metadata.Name);

    public Task<IList<V1Pod>> ListPodsAsync(CancellationToken cancellationToken) => ListPodsAsync(Selector, cancellationToken);

    /// <summary>Lists the pods of a component, by the chart's label: normally one for the scheduler, any number for the workers.</summary>
    public Task<IList<V1Pod>> ListComponentAsync(string component, CancellationToken cancellationToken) =>
        ListPodsAsync($"{Selector},component={component}", cancellationToken);

    /// <summary>Lists the pods that match a selector.</summary>
    public async Task<IList<V1Pod>> ListPodsAsync(string selector, CancellationToken cancellationToken) =>
        Own((await requests.RunAsync(
            new KubernetesApiCall("list", "pods", "", Namespace),
            (client, ct) => client.CoreV1.ListNamespacedPodAsync(Namespace, labelSelector: selector, cancellationToken: ct),
            cancellationToken).ConfigureAwait(false)).Items, PodOwners.DeploymentOf);

    /// <summary>Determines whether a pod does not belong to another instance.</summary>
    public bool IsOwn(V1Pod pod) => Others.Count == 0 || PodOwners.DeploymentOf(pod) is not { } deployment || !Others.Contains(deployment);

    /// <summary>Watches the release's pods; each item contains all of them, by uid. All callers share one watch.</summary>
    public IAsyncEnumerable<IReadOnlyDictionary<string, V1Pod>> FollowPodsAsync(CancellationToken cancellationToken) =>
        Pods.ReadAsync(isLasting: false, cancellationToken).Select(pods => Own(pods.Items, PodOwners.DeploymentOf));

    /// <summary>Watches the release's pods for a caller that checks versions: starts with the watch's current state and keeps it open.</summary>
    public IAsyncEnumerable<Followed<V1Pod>> FollowPodsOnAsync(CancellationToken cancellationToken) => Pods.ReadAsync(isLasting: true, cancellationToken);

    /// <summary>Watches the release's Deployments; each item contains all of them, by uid. All callers share one watch.</summary>
    public IAsyncEnumerable<IReadOnlyDictionary<string, V1Deployment>> FollowDeploymentsAsync(CancellationToken cancellationToken) =>
        Deployments.ReadAsync(isLasting: false, cancellationToken).Select(deployments => Own(deployments.Items, static d => d.Metadata.Name));

    private SharedWatch<V1Pod> Pods => LazyInitializer.EnsureInitialized(ref _pods, () => Share(
        new KubernetesApiCall("list", "pods", "", Namespace),
        $"api/v1/namespaces/{Namespace}/pods?labelSelector={Uri.EscapeDataString(Selector)}",
        async (client, ct) =>
        {
            V1PodList list = await client.CoreV1.ListNamespacedPodAsync(Namespace, labelSelector: Selector, cancellationToken: ct).ConfigureAwait(false);
            return (list.Items, list.Metadata?.ResourceVersion);
        }));

    private SharedWatch<V1Deployment> Deployments => LazyInitializer.EnsureInitialized(ref _deployments, () => Share(
        new KubernetesApiCall("list", "deployments", "apps", Namespace),
        $"apis/apps/v1/namespaces/{Namespace}/deployments?labelSelector={Uri.EscapeDataString(Selector)}",
        async (client, ct) =>
        {
            V1DeploymentList list = await client.AppsV1.ListNamespacedDeploymentAsync(Namespace, labelSelector: Selector, cancellationToken: ct).ConfigureAwait(false);
            return (list.Items, list.Metadata?.ResourceVersion);
        }));

    private SharedWatch<T> Share<T>(KubernetesApiCall call, string path, Func<IKubernetes, CancellationToken, Task<(IList<T> Items, string? Version)>> list)
        where T : class, IKubernetesObject<V1ObjectMeta> => new(
            async ct =>
            {
                (ImmutableDictionary<string, T> items, string? version) = await KubeWatch.ListAsync(requests, call, list, ct).ConfigureAwait(false);
                return new Followed<T>(items, Followed.VersionOf(version));
            },
            ct => KubeWatch.FollowAsync(requests, call, path, list, ct),
            requests.TimeProvider);

    private IList<T> Own<T>(IList<T> items, Func<T, string?> deploymentOf) =>
        Others.Count == 0 ? items : [.. items.Where(i => deploymentOf(i) is not { } name || !Others.Contains(name))];

    private IReadOnlyDictionary<string, T> Own<T>(IReadOnlyDictionary<string, T> items, Func<T, string?> deploymentOf) =>
        Others.Count == 0 ? items : items.Where(i => deploymentOf(i.Value) is not { } name || !Others.Contains(name)).ToDictionary(StringComparer.Ordinal);

    /// <summary>Lists the ReplicaSets, or returns null if that is forbidden: the chart's own Role does not allow it.</summary>
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
