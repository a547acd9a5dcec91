using System.Collections.Concurrent;

using DaskK8s.Causes;
using DaskK8s.Testing;

using k8s;
using k8s.Models;

namespace DaskK8s.Tests.Rigs.Cluster;

/// <summary>A release on an embedded cluster whose pods have no process: the test says which workers the scheduler lists.</summary>
internal sealed class EmbeddedRelease : IAsyncDisposable
{
    private readonly ConcurrentDictionary<string, int> lingering = new();

    private EmbeddedRelease(EmbeddedCluster cluster, k8s.Kubernetes client, HelmCluster helm) => (Cluster, Client, Helm) = (cluster, client, helm);

    public static CancellationToken Token => TestContext.Current.CancellationToken;

    public EmbeddedCluster Cluster { get; }

    public k8s.Kubernetes Client { get; }

    public HelmCluster Helm { get; }

    /// <summary>Gets or sets whether the scheduler lists a worker of each pod that is ready.</summary>
    public bool WorkersConnect { get; set; } = true;

    public int Asked { get; private set; }

    public static async Task<EmbeddedRelease> StartAsync(DaskRelease? release = null, EmbeddedClusterOptions? options = null, string? user = null, Action<EmbeddedCluster>? prepare = null)
    {
        EmbeddedCluster cluster = await EmbeddedCluster.StartAsync(options, Token);
        k8s.Kubernetes client = cluster.CreateClient();
        prepare?.Invoke(cluster);
        release ??= new DaskRelease { Workers = 2, Groups = [new DaskReleaseGroup { Name = "gpu", Replicas = 1 }] };
        await release.InstallAsync(client, Token);
        HelmCluster helm = await HelmCluster.ConnectAsync(
            release.Name,
            new HelmClusterOptions { KubeconfigPath = user is null ? cluster.KubeconfigPath : cluster.CreateKubeconfigFor(user), SchedulerAccess = SchedulerAccess.None },
            Token);
        EmbeddedRelease started = new(cluster, client, helm);
        helm.ConnectedWorkers = started.ListAsync;
        return started;
    }

    /// <summary>Lets the scheduler list a worker at an address although its pod is gone.</summary>
    public void Linger(string address, int workers) => lingering[address] = workers;

    public async Task<V1Pod[]> PodsAsync(string nameStart = "my-dask-worker-") =>
        [.. (await Client.CoreV1.ListNamespacedPodAsync("default", cancellationToken: Token)).Items.Where(p => p.Metadata.Name.StartsWith(nameStart)).OrderBy(p => p.Metadata.Name)];

    /// <summary>Waits until the pods with a name are as asked; gives them.</summary>
    public async Task<V1Pod[]> PodsAsync(string nameStart, Func<V1Pod[], bool> condition)
    {
        using CancellationTokenSource limit = CancellationTokenSource.CreateLinkedTokenSource(Token);
        limit.CancelAfter(TimeSpan.FromSeconds(60));
        while (true)
        {
            V1Pod[] pods = await PodsAsync(nameStart);
            if (condition(pods))
            {
                return pods;
            }

            await Task.Delay(20, limit.Token);
        }
    }

    public Task<V1Pod[]> RunningAsync(string nameStart, int count) =>
        PodsAsync(nameStart, pods => pods.Count(static p => p.Status.Phase == "Running" && p.Metadata.DeletionTimestamp is null) == count);

    public async ValueTask DisposeAsync()
    {
        await Helm.DisposeAsync();
        Client.Dispose();
        await Cluster.DisposeAsync();
    }

    private async Task<IReadOnlyDictionary<string, int>> ListAsync(CancellationToken cancellationToken)
    {
        Asked++;
        Dictionary<string, int> listed = new(lingering);
        if (WorkersConnect)
        {
            foreach (V1Pod pod in (await Client.CoreV1.ListNamespacedPodAsync("default", labelSelector: "component=worker", cancellationToken: cancellationToken)).Items)
            {
                if (PodDiagnosis.IsReady(pod))
                {
                    listed[pod.Status.PodIP] = 1;
                }
            }
        }

        return listed;
    }
}
