using DaskK8s.Dask.Tasks;
using DaskK8s.Scaling.Lossless;
using DaskK8s.Testing;
using DaskK8s.Tests.Rigs.Dask;

using k8s;
using k8s.Models;

namespace DaskK8s.Tests.Rigs.Cluster;

/// <summary>A release with real Dask processes on an embedded cluster, a cluster object, and a Dask program that keeps results.</summary>
internal sealed class DaskRig : IAsyncDisposable
{
    private DaskRig(EmbeddedCluster kubernetes, DaskRelease release, HelmCluster cluster, DaskLoad load) =>
        (Kubernetes, Release, Cluster, Load) = (kubernetes, release, cluster, load);

    public EmbeddedCluster Kubernetes { get; }

    public DaskRelease Release { get; }

    public HelmCluster Cluster { get; }

    public DaskLoad Load { get; }

    public static async Task<DaskRig> StartAsync(DaskRelease release, CancellationToken cancellationToken, EmbeddedClusterOptions? options = null)
    {
        EmbeddedCluster kubernetes = await EmbeddedCluster.StartAsync((options ?? new EmbeddedClusterOptions()) with { DaskProcesses = true }, cancellationToken);
        using k8s.Kubernetes client = kubernetes.CreateClient();
        await release.InstallAsync(client, cancellationToken);
        HelmCluster cluster = await ConnectAsync(kubernetes, cancellationToken);
        await cluster.WaitForWorkersAsync(TimeSpan.FromMinutes(2), cancellationToken: cancellationToken);
        DaskLoad load = await DaskLoad.StartAsync(cluster.SchedulerAddress!, cancellationToken);
        return new DaskRig(kubernetes, release, cluster, load);
    }

    /// <summary>Starts with thirty results that the workers hold.</summary>
    public static async Task<DaskRig> StartWithResultsAsync(DaskRelease release, CancellationToken cancellationToken)
    {
        DaskRig rig = await StartAsync(release, cancellationToken);
        await rig.Load.SubmitAsync(30, cancellationToken: cancellationToken);
        await rig.Load.DoAsync("settle", cancellationToken);
        return rig;
    }

    public static Task<HelmCluster> ConnectAsync(EmbeddedCluster kubernetes, CancellationToken cancellationToken, string? kubeconfig = null) => HelmCluster.ConnectAsync(
        "my-dask",
        new HelmClusterOptions { KubeconfigPath = kubeconfig ?? kubernetes.KubeconfigPath, SchedulerAccess = SchedulerAccess.Forward, LocalSchedulerPort = 0, LocalDashboardPort = 0 },
        cancellationToken);

    public Task<HelmCluster> ConnectAsync(CancellationToken cancellationToken) => ConnectAsync(Kubernetes, cancellationToken);

    /// <summary>Returns the worker pods that are not on their way out.</summary>
    public async Task<IReadOnlyList<V1Pod>> PodsAsync(CancellationToken cancellationToken, string deployment = "my-dask-worker")
    {
        using k8s.Kubernetes client = Kubernetes.CreateClient();
        V1PodList pods = await client.CoreV1.ListNamespacedPodAsync("default", labelSelector: "component=worker", cancellationToken: cancellationToken);
        return
        [
            .. pods.Items.Where(p => p.Metadata.DeletionTimestamp is null
                && p.Metadata.OwnerReferences[0].Name == $"{deployment}-{p.Metadata.Labels["pod-template-hash"]}"),
        ];
    }

    public async Task<int?> ReplicasAsync(CancellationToken cancellationToken, string deployment = "my-dask-worker")
    {
        using k8s.Kubernetes client = Kubernetes.CreateClient();
        return (await client.AppsV1.ReadNamespacedDeploymentAsync(deployment, "default", cancellationToken: cancellationToken)).Spec.Replicas;
    }

    /// <summary>Returns the states of the workers as the scheduler has them.</summary>
    public async Task<string[]> StatusesAsync(CancellationToken cancellationToken) =>
        [.. (await Cluster.GetSchedulerInfoAsync(cancellationToken)).Workers.Select(static w => w.Status)];

    /// <summary>Waits until each worker works; makes sure that a group has so many pods and that none is marked.</summary>
    public async Task AllWorkAsync(int pods, CancellationToken cancellationToken, string deployment = "my-dask-worker")
    {
        // A cancelled scaling may end before its cleanup.
        await Poll.UntilAsync(async () => (await StatusesAsync(cancellationToken)).All(static s => s == "running")
            && (await PodsAsync(cancellationToken, deployment)).All(static p => PodMarks.Read(p) == null && !PodMarks.IsCondemned(p)));
        (await PodsAsync(cancellationToken, deployment)).Should().HaveCount(pods);
    }

    /// <summary>Submits tasks until each worker (of one thread) runs one.</summary>
    public async Task KeepBusyAsync(int tasks, double seconds, CancellationToken cancellationToken)
    {
        await Load.SubmitAsync(tasks, seconds, cancellationToken: cancellationToken);
        await Poll.UntilAsync(async () => (await Cluster.GetSchedulerInfoAsync(cancellationToken)).Workers.All(static w => w.Tasks.Executing == 1));
    }

    /// <summary>Waits until so many workers are retired.</summary>
    public Task WaitForDrainAsync(int workers, CancellationToken cancellationToken) =>
        Poll.UntilAsync(async () => (await StatusesAsync(cancellationToken)).Count(static s => s == "closing_gracefully") == workers);

    public async ValueTask DisposeAsync()
    {
        await Load.DisposeAsync();
        await Cluster.DisposeAsync();
        await Kubernetes.DisposeAsync();
    }
}
