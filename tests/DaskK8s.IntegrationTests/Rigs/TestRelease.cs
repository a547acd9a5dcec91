using DaskK8s.Helm.Chart;
using DaskK8s.Testing;

using k8s;
using k8s.Models;

namespace DaskK8s.IntegrationTests.Rigs;

/// <summary>A release of the Dask chart in a namespace of its own; disposing it removes both.</summary>
public sealed class TestRelease : IAsyncDisposable
{
    public const string Name = "my-dask";

    private readonly TestCluster _cluster;

    private TestRelease(TestCluster cluster, string @namespace)
    {
        _cluster = cluster;
        Namespace = @namespace;
    }

    public string Namespace { get; }

    /// <summary>Installs the release of the mission: three default workers, <c>gpu-workers</c> with GPU=1, and <c>high-mem</c>.</summary>
    public static async Task<TestRelease> InstallAsync(TestCluster cluster, Func<DaskRelease, DaskRelease>? change = null)
    {
        CancellationToken cancellationToken = TestContext.Current.CancellationToken;
        string @namespace = await CreateNamespaceAsync(cluster, cancellationToken);
        DaskRelease release = new()
        {
            Name = Name,
            Namespace = @namespace,
            Image = cluster.Image,
            Workers = 3,
            Groups =
            [
                new DaskReleaseGroup { Name = "gpu-workers", Replicas = 1, DaskResources = "GPU=1", Limits = new Dictionary<string, string> { ["nvidia.com/gpu"] = "1" } },
                new DaskReleaseGroup { Name = "high-mem", Replicas = 1, DaskResources = "MEMORY=6e9" },
            ],
        };
        await (change?.Invoke(release) ?? release).InstallAsync(cluster.Client, cancellationToken);
        return new TestRelease(cluster, @namespace);
    }

    /// <summary>Installs a release that Helm itself wrote, from its storage records and the objects of its manifest.</summary>
    public static async Task<TestRelease> InstallAsync(TestCluster cluster, SharedRelease shared)
    {
        CancellationToken cancellationToken = TestContext.Current.CancellationToken;
        string @namespace = await CreateNamespaceAsync(cluster, cancellationToken);
        await shared.InstallAsync(cluster.Client, @namespace, cancellationToken);
        return new TestRelease(cluster, @namespace);
    }

    /// <summary>Connects, and waits until every worker of the release is there.</summary>
    public async Task<HelmCluster> ConnectAsync(Func<HelmClusterOptions, HelmClusterOptions>? change = null, bool wait = true)
    {
        HelmCluster cluster = await HelmCluster.ConnectAsync(Name, Options(change), TestContext.Current.CancellationToken);
        if (wait)
        {
            await cluster.WaitForWorkersAsync(cancellationToken: TestContext.Current.CancellationToken);
        }

        return cluster;
    }

    public HelmClusterOptions Options(Func<HelmClusterOptions, HelmClusterOptions>? change = null)
    {
        HelmClusterOptions options = new()
        {
            KubeconfigPath = _cluster.KubeconfigPath,
            Namespace = Namespace,
            ConnectTimeout = TimeSpan.FromMinutes(2),
        };
        return change?.Invoke(options) ?? options;
    }

    private static async Task<string> CreateNamespaceAsync(TestCluster cluster, CancellationToken cancellationToken)
    {
        string @namespace = $"t-{Guid.NewGuid().ToString("N")[..10]}";
        await cluster.Client.CoreV1.CreateNamespaceAsync(
            new V1Namespace { Metadata = new V1ObjectMeta { Name = @namespace } }, cancellationToken: cancellationToken);
        return @namespace;
    }

    public async ValueTask DisposeAsync()
    {
        // The namespace takes everything with it, in its own time: each test has a namespace of its own. The pods go at once, as
        // the next test wants their processors and GPUs.
        await _cluster.Client.CoreV1.DeleteNamespaceAsync(Namespace);
        await _cluster.Client.AppsV1.DeleteCollectionNamespacedDeploymentAsync(Namespace, propagationPolicy: "Background");
        await _cluster.Client.AppsV1.DeleteCollectionNamespacedReplicaSetAsync(Namespace, propagationPolicy: "Background");
        await _cluster.Client.CoreV1.DeleteCollectionNamespacedPodAsync(Namespace, gracePeriodSeconds: 0);
    }
}
