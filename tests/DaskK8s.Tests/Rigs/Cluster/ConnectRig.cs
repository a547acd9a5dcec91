using DaskK8s.Helm.Chart;
using DaskK8s.Testing;
using DaskK8s.Tests.Rigs.Dask;

using k8s;

namespace DaskK8s.Tests.Rigs.Cluster;

/// <summary>An embedded cluster whose pods have no processes, with a release in it, and a scheduler behind port 8786 of its pod.</summary>
internal sealed class ConnectRig : IAsyncDisposable
{
    private ConnectRig(EmbeddedCluster cluster, k8s.Kubernetes client, LoopbackScheduler scheduler, DaskRelease release) =>
        (Cluster, Client, Scheduler, Release) = (cluster, client, scheduler, release);

    public static CancellationToken Token => TestContext.Current.CancellationToken;

    public EmbeddedCluster Cluster { get; }

    public k8s.Kubernetes Client { get; }

    public LoopbackScheduler Scheduler { get; }

    public DaskRelease Release { get; }

    public RecordedLogs Logs { get; } = new();

    /// <param name="release">The release; null for two default workers and one of group <c>gpu</c>.</param>
    /// <param name="options">How the cluster behaves.</param>
    /// <param name="port">The port of the scheduler's pod where it listens.</param>
    public static async Task<ConnectRig> StartAsync(DaskRelease? release = null, EmbeddedClusterOptions? options = null, int port = 8786)
    {
        LoopbackScheduler scheduler = new();
        EmbeddedCluster cluster = await EmbeddedCluster.StartAsync(
            (options ?? new EmbeddedClusterOptions()) with { PortTarget = p => p.Port == port ? scheduler.EndPoint : null }, Token);
        k8s.Kubernetes client = cluster.CreateClient();
        release ??= new DaskRelease { Workers = 2, Groups = [new DaskReleaseGroup { Name = "gpu", DaskResources = "GPU=1" }] };
        await release.InstallAsync(client, Token);
        return new ConnectRig(cluster, client, scheduler, release);
    }

    public HelmClusterOptions Options(Func<HelmClusterOptions, HelmClusterOptions>? change = null)
    {
        HelmClusterOptions options = new()
        {
            KubeconfigPath = Cluster.KubeconfigPath,
            LocalSchedulerPort = 0,
            LocalDashboardPort = 0,
            LoggerFactory = Logs,
        };
        return change?.Invoke(options) ?? options;
    }

    public Task<HelmCluster> ConnectAsync(Func<HelmClusterOptions, HelmClusterOptions>? change = null) =>
        HelmCluster.ConnectAsync(Release.Name, Options(change), Token);

    /// <summary>Creates a kubeconfig for a user who may do just this in the release's namespace.</summary>
    public string KubeconfigFor(string user, params IEnumerable<KubernetesApiCall> calls)
    {
        string path = Cluster.CreateKubeconfigFor(user);
        foreach (KubernetesApiCall call in calls)
        {
            Cluster.Allow(user, call.Namespace.Length == 0 ? null : call.Namespace, [call.Verb], call.Resource);
        }

        return path;
    }

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        await Cluster.DisposeAsync();
        await Scheduler.DisposeAsync();
    }
}
