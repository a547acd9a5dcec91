using System.Management.Automation.Host;

using DaskK8s.Testing;

using k8s;

namespace DaskK8s.PowerShell.Tests;

/// <summary>An embedded cluster with the release of the mission in it, whose pods have no process.</summary>
public sealed class ReleaseFixture : IAsyncLifetime
{
    public static readonly DaskRelease Release = new()
    {
        Workers = 3,
        Groups = [new DaskReleaseGroup { Name = "gpu-workers", DaskResources = "GPU=1", Limits = new Dictionary<string, string> { ["nvidia.com/gpu"] = "1" } }],
    };

    public EmbeddedCluster Cluster { get; private set; } = null!;

    public string Kubeconfig => Cluster.KubeconfigPath;

    public async ValueTask InitializeAsync()
    {
        Cluster = await EmbeddedCluster.StartAsync();
        using k8s.Kubernetes client = Cluster.CreateClient();
        await Release.InstallAsync(client);
    }

    public ValueTask DisposeAsync() => Cluster.DisposeAsync();

    /// <summary>Opens a session that is connected without a scheduler.</summary>
    internal Session Connect(PSHost? host = null)
    {
        Session session = new(host: host);
        session.Run($"$null = Connect-DaskCluster my-dask -Kubeconfig '{Kubeconfig}' -SchedulerAccess None -WarningAction SilentlyContinue");
        return session;
    }

    /// <summary>Installs the release once more, under another name, until the result is disposed.</summary>
    internal Task<IAsyncDisposable> AddReleaseAsync(string name) => AddReleaseAsync(Release with { Name = name });

    /// <summary>Installs another release until the result is disposed.</summary>
    internal async Task<IAsyncDisposable> AddReleaseAsync(DaskRelease release)
    {
        Another another = new(Cluster.CreateClient(), release);
        await another.InstallAsync();
        return another;
    }

    internal async Task<int?> ReplicasAsync(string deployment)
    {
        using k8s.Kubernetes client = Cluster.CreateClient();
        return (await client.AppsV1.ReadNamespacedDeploymentAsync(deployment, "default")).Spec.Replicas;
    }

    private sealed class Another(k8s.Kubernetes client, DaskRelease release) : IAsyncDisposable
    {
        public Task InstallAsync() => release.InstallAsync(client);

        public async ValueTask DisposeAsync()
        {
            await release.UninstallAsync(client);
            client.Dispose();
        }
    }
}
