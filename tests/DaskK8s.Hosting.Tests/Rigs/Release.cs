using DaskK8s.Testing;

namespace DaskK8s.Hosting.Tests.Rigs;

/// <summary>An embedded cluster with a release in it; its pods have processes only where asked for.</summary>
internal sealed class Release : IAsyncDisposable
{
    private Release(EmbeddedCluster kubernetes) => Kubernetes = kubernetes;

    public EmbeddedCluster Kubernetes { get; }

    public static async Task<Release> StartAsync(CancellationToken cancellationToken, bool processes = false, DaskRelease? release = null)
    {
        EmbeddedCluster kubernetes = await EmbeddedCluster.StartAsync(new EmbeddedClusterOptions { DaskProcesses = processes }, cancellationToken);
        using k8s.Kubernetes client = kubernetes.CreateClient();
        await (release ?? new DaskRelease { Workers = 2 }).InstallAsync(client, cancellationToken);
        return new Release(kubernetes);
    }

    public ValueTask DisposeAsync() => Kubernetes.DisposeAsync();
}
