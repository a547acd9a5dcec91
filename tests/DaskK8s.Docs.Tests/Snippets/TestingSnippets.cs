using DaskK8s.Testing;

namespace DaskK8s.Docs.Tests.Snippets;

/// <summary>Holds what docs/testing-your-code.md shows.</summary>
public sealed class TestingSnippets
{
    // snippet: testing
    [Fact]
    public async Task Scaling_ByFive_AsksForFivePods()
    {
        await using EmbeddedCluster kubernetes = await EmbeddedCluster.StartAsync();
        await new DaskRelease { Name = "my-dask", Workers = 3 }.InstallAsync(kubernetes.CreateClient());
        await using HelmCluster cluster = await HelmCluster.ConnectAsync(
            "my-dask", new HelmClusterOptions { KubeconfigPath = kubernetes.KubeconfigPath, SchedulerAccess = SchedulerAccess.None });

        await cluster.ScaleAsync(5);
        await cluster.WaitForWorkersAsync();

        Assert.Equal(5, cluster.WorkerGroups[0].Ready);
    }
    // end snippet

    // snippet: testing-faults
    [Fact]
    public async Task Connecting_ServerErrorsOnce_TriesAgain()
    {
        await using EmbeddedCluster kubernetes = await EmbeddedCluster.StartAsync();
        await new DaskRelease { Name = "my-dask" }.InstallAsync(kubernetes.CreateClient());
        kubernetes.Faults.AddHttp(new HttpFault { Status = 503, Times = 1 });

        await using HelmCluster cluster = await HelmCluster.ConnectAsync(
            "my-dask", new HelmClusterOptions { KubeconfigPath = kubernetes.KubeconfigPath, SchedulerAccess = SchedulerAccess.None });

        Assert.Equal(HelmReleaseStatus.Deployed, cluster.Release.Status);
    }
    // end snippet
}
