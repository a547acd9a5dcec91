using DaskK8s.Testing;

using k8s;

namespace DaskK8s.Benchmarks.Scaling;

/// <summary>
/// Is the release that is soaked: one that is there; one that is installed for it, where an image is named; or one on an embedded cluster with real Dask processes.
/// </summary>
internal sealed class SoakTarget : IAsyncDisposable
{
    private EmbeddedCluster? _embedded;
    private DaskRelease? _installed;

    private SoakTarget(string kubeconfig, string release, string @namespace) => (Kubeconfig, Release, Namespace) = (kubeconfig, release, @namespace);

    public string Kubeconfig { get; }

    public string Release { get; }

    public string Namespace { get; }

    public static async Task<SoakTarget> StartAsync(Arguments arguments)
    {
        string release = arguments.Find("release") ?? "my-dask";
        string @namespace = arguments.Find("namespace") ?? "default";
        DaskRelease wanted = new()
        {
            Name = release,
            Namespace = @namespace,
            Workers = 2,
            Groups = [new DaskReleaseGroup { Name = "gpu", DaskResources = "GPU=1" }],

            // The runs are counted by events, of which newer schedulers keep the last 1,000 unless they are told otherwise.
            Environment = new Dictionary<string, string> { ["DASK_DISTRIBUTED__ADMIN__LOW_LEVEL_LOG_LENGTH"] = "100000" },
        };
        if (arguments.Find("kubeconfig") is { } kubeconfig)
        {
            SoakTarget target = new(kubeconfig, release, @namespace);
            if (arguments.Find("image") is { } image)
            {
                await target.InstallAsync(wanted with { Image = image });
            }

            return target;
        }

        EmbeddedClusterOptions options = new() { DaskProcesses = true };
        EmbeddedCluster embedded = await EmbeddedCluster.StartAsync(arguments.Find("kubernetes") is { } version ? options with { KubernetesVersion = version } : options);
        SoakTarget made = new(embedded.KubeconfigPath, release, @namespace) { _embedded = embedded };
        await made.InstallAsync(wanted);
        return made;
    }

    public Task<HelmCluster> ConnectAsync() => ConnectAsync(Kubeconfig, Release, Namespace);

    public static Task<HelmCluster> ConnectAsync(string kubeconfig, string release, string @namespace) => HelmCluster.ConnectAsync(
        release,
        new HelmClusterOptions { KubeconfigPath = kubeconfig, Namespace = @namespace, SchedulerAccess = SchedulerAccess.Forward, LocalSchedulerPort = 0, LocalDashboardPort = 0 });

    public k8s.Kubernetes CreateClient() => EmbeddedCluster.CreateClient(Kubeconfig);

    public async ValueTask DisposeAsync()
    {
        if (_embedded is not null)
        {
            await _embedded.DisposeAsync();
        }
        else if (_installed is not null)
        {
            using k8s.Kubernetes client = CreateClient();
            await _installed.UninstallAsync(client);
        }
    }

    private async Task InstallAsync(DaskRelease release)
    {
        using k8s.Kubernetes client = CreateClient();
        _installed = release;
        await release.InstallAsync(client);
    }
}
