using DaskK8s.Testing;

using k8s;

namespace DaskK8s.PowerShell.Tests;

/// <summary>An embedded cluster with the release of the mission in it, in whose pods Dask runs: four workers, one of them in <c>gpu-workers</c>.</summary>
public sealed class DaskFixture : IAsyncLifetime
{
    public EmbeddedCluster Cluster { get; private set; } = null!;

    public string Kubeconfig => Cluster.KubeconfigPath;

    public async ValueTask InitializeAsync()
    {
        Cluster = await EmbeddedCluster.StartAsync(new EmbeddedClusterOptions { DaskProcesses = true });
        using k8s.Kubernetes client = Cluster.CreateClient();
        await ReleaseFixture.Release.InstallAsync(client);
    }

    public ValueTask DisposeAsync() => Cluster.DisposeAsync();

    /// <summary>Opens a session that is connected, with all workers there.</summary>
    internal Session Connect()
    {
        Session session = new();
        session.Run($"$null = Connect-DaskCluster my-dask -Kubeconfig '{Kubeconfig}'; Wait-DaskWorker");
        return session;
    }
}
