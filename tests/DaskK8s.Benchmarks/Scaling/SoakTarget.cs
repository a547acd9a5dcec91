using System.Net;

using DaskK8s.Testing;

using k8s;
using k8s.Autorest;

namespace DaskK8s.Benchmarks.Scaling;

/// <summary>
/// The release that is soaked: one that is there; one that is installed for it, where an image is named; or one on an embedded cluster with real Dask processes.
/// </summary>
internal sealed class SoakTarget : IAsyncDisposable
{
    private EmbeddedCluster? _embedded;
    private DaskRelease? _installed;
    private DaskRelease? _other;

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
            HelmVersion = arguments.Number("upgrades", 0) > 0 ? 4 : 3,
        };
        DaskRelease? other = null;
        if (arguments.Has("foreign"))
        {
            other = wanted with { Name = SoakForeign.Release, Workers = 1, Groups = [], HelmVersion = 3 };
            wanted = wanted with
            {
                Groups = [.. wanted.Groups, new DaskReleaseGroup { Name = SoakForeign.Group, Replicas = SoakForeign.Workers, CustomSchedulerUrl = $"tcp://{other.SchedulerName}:8786" }],
            };
        }

        if (arguments.Find("kubeconfig") is { } kubeconfig)
        {
            SoakTarget target = new(kubeconfig, release, @namespace);
            if (arguments.Find("image") is { } image)
            {
                await target.InstallAsync(wanted with { Image = image }, other is null ? null : other with { Image = image });
            }
            else if (wanted.HelmVersion >= 4 || other is not null)
            {
                throw new ArgumentException("--upgrades and --foreign are for a release that the soak installs itself: name an image (--image), or leave the kubeconfig out.");
            }

            return target;
        }

        EmbeddedClusterOptions options = new() { DaskProcesses = true };
        EmbeddedCluster embedded = await EmbeddedCluster.StartAsync(arguments.Find("kubernetes") is { } version ? options with { KubernetesVersion = version } : options);
        SoakTarget made = new(embedded.KubeconfigPath, release, @namespace) { _embedded = embedded };
        await made.InstallAsync(wanted, other);
        return made;
    }

    public Task<HelmCluster> ConnectAsync() => ConnectAsync(Kubeconfig, Release, Namespace);

    public static Task<HelmCluster> ConnectAsync(string kubeconfig, string release, string @namespace) => HelmCluster.ConnectAsync(
        release,
        new HelmClusterOptions { KubeconfigPath = kubeconfig, Namespace = @namespace, SchedulerAccess = SchedulerAccess.Forward, LocalSchedulerPort = 0, LocalDashboardPort = 0 });

    /// <summary>Upgrades the release to these numbers, with a change beside the pods' template so that nothing is rolled out.</summary>
    /// <returns>Whether it succeeded; false where it met a conflict.</returns>
    public async Task<bool> TryUpgradeAsync(int number, int workers, string group, int replicas)
    {
        DaskRelease next = _installed! with
        {
            Workers = workers,
            Groups = [.. _installed.Groups.Select(g => g.Name == group ? g with { Replicas = replicas } : g)],
            ChartVersion = FormattableString.Invariant($"2025.11.{number}"),
        };
        using k8s.Kubernetes client = CreateClient();
        try
        {
            await next.UpgradeAsync(client);
            return true;
        }
        catch (HttpOperationException e) when (e.Response.StatusCode == HttpStatusCode.Conflict)
        {
            Console.WriteLine($"upgrade {number}: {e.Response.Content}");
            return false;
        }
    }

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
            if (_other is not null)
            {
                await _other.UninstallAsync(client);
            }
        }
    }

    private async Task InstallAsync(DaskRelease release, DaskRelease? other)
    {
        using k8s.Kubernetes client = CreateClient();
        (_installed, _other) = (release, other);
        if (other is not null)
        {
            await other.InstallAsync(client);
        }

        await release.InstallAsync(client);
    }
}
