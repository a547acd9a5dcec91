using DaskK8s.Testing;

using k8s;

namespace DaskK8s.PowerShell.Tests;

/// <summary>An embedded cluster whose one worker has pyarrow: DASKK8S_PYARROW names its Python (<c>tests/arrow.sh</c> makes one).</summary>
public sealed class ArrowFixture : IAsyncLifetime
{
    private EmbeddedCluster? _cluster;

    public async ValueTask InitializeAsync()
    {
        if (Environment.GetEnvironmentVariable("DASKK8S_PYARROW") is { Length: > 0 } python)
        {
            _cluster = await EmbeddedCluster.StartAsync(new EmbeddedClusterOptions { DaskProcesses = true, Python = python });
            using k8s.Kubernetes client = _cluster.CreateClient();
            await new DaskRelease { Workers = 1 }.InstallAsync(client);
        }
    }

    public ValueTask DisposeAsync() => _cluster?.DisposeAsync() ?? ValueTask.CompletedTask;

    /// <summary>Opens a session that is connected; skips the test where there is no pyarrow.</summary>
    internal Session Connect()
    {
        Assert.SkipWhen(_cluster is null, "No Python with pyarrow is named: DASKK8S_PYARROW=$(tests/arrow.sh | tail -n 1).");
        Session session = new();
        session.Run($"$null = Connect-DaskCluster my-dask -Kubeconfig '{_cluster!.KubeconfigPath}'; Wait-DaskWorker");
        return session;
    }
}
