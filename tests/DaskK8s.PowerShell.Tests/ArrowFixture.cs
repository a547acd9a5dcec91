using DaskK8s.Testing;

using k8s;

namespace DaskK8s.PowerShell.Tests;

/// <summary>An embedded cluster whose workers have pyarrow: DASKK8S_PYARROW names its Python (<c>tests/arrow.sh</c> makes one).</summary>
public sealed class ArrowFixture : IAsyncLifetime
{
    private EmbeddedCluster? _cluster;

    public async ValueTask InitializeAsync()
    {
        if (Environment.GetEnvironmentVariable("DASKK8S_PYARROW") is { Length: > 0 } python)
        {
            _cluster = await EmbeddedCluster.StartAsync(new EmbeddedClusterOptions { DaskProcesses = true, Python = python });
            using k8s.Kubernetes client = _cluster.CreateClient();
            await ReleaseFixture.Release.InstallAsync(client);
        }
    }

    public ValueTask DisposeAsync() => _cluster?.DisposeAsync() ?? ValueTask.CompletedTask;

    /// <summary>Gets the kubeconfig; skips the test where there is no pyarrow.</summary>
    public string Kubeconfig
    {
        get
        {
            Assert.SkipWhen(_cluster is null, "No Python with pyarrow is named: DASKK8S_PYARROW=$(tests/arrow.sh | tail -n 1).");
            return _cluster!.KubeconfigPath;
        }
    }

    /// <summary>Opens a session that is connected, with all workers there.</summary>
    internal Session Connect()
    {
        string kubeconfig = Kubeconfig;
        Session session = new();
        session.Run($"$null = Connect-DaskCluster my-dask -Kubeconfig '{kubeconfig}'; Wait-DaskWorker");
        return session;
    }
}
