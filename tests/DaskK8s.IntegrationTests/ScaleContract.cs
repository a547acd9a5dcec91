using k8s;
using k8s.Models;

namespace DaskK8s.IntegrationTests;

public sealed class ScaleContract(TestCluster kubernetes)
{
    [Fact]
    public async Task ScaleAsync_EachGroupUp_AddsWorkersToThatGroupOnly()
    {
        await using TestRelease release = await TestRelease.InstallAsync(kubernetes);
        await using HelmCluster cluster = await release.ConnectAsync();

        await cluster.ScaleAsync(3, cancellationToken: TestContext.Current.CancellationToken);
        await cluster.ScaleAsync(2, "gpu-workers", TestContext.Current.CancellationToken);
        await cluster.WaitForWorkersAsync(cancellationToken: TestContext.Current.CancellationToken);

        (await CountsAsync(cluster)).Should().BeEquivalentTo(new Dictionary<string, int> { ["worker"] = 3, ["gpu-workers"] = 2, ["high-mem"] = 1 });
        cluster.ToString().Should().Contain("workers=6, threads=6");
    }

    [Fact]
    public async Task ScaleAsync_UnknownGroup_ThrowsListingKnownGroups()
    {
        await using TestRelease release = await TestRelease.InstallAsync(kubernetes);
        await using HelmCluster cluster = await release.ConnectAsync(wait: false);

        Func<Task> scale = () => cluster.ScaleAsync(2, "gpus", TestContext.Current.CancellationToken);

        (await scale.Should().ThrowAsync<WorkerGroupNotFoundException>()).Which.KnownGroups.Should().Equal("worker", "gpu-workers", "high-mem");
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(1_000_000)]
    public async Task ScaleAsync_AbsurdNumber_ThrowsBeforeAnythingIsSent(int replicas)
    {
        await using TestRelease release = await TestRelease.InstallAsync(kubernetes);
        await using HelmCluster cluster = await release.ConnectAsync(wait: false);

        Func<Task> scale = () => cluster.ScaleAsync(replicas, cancellationToken: TestContext.Current.CancellationToken);

        await scale.Should().ThrowAsync<ArgumentOutOfRangeException>();
        (await cluster.GetWorkerGroupsAsync(TestContext.Current.CancellationToken))[0].Desired.Should().Be(2);
    }

    [Fact]
    public async Task ScaleAsync_DeploymentGone_ThrowsNotFoundThatNamesIt()
    {
        await using TestRelease release = await TestRelease.InstallAsync(kubernetes);
        await using HelmCluster cluster = await release.ConnectAsync(wait: false);
        await kubernetes.Client.AppsV1.DeleteNamespacedDeploymentAsync(
            "my-dask-worker-high-mem", release.Namespace, cancellationToken: TestContext.Current.CancellationToken);

        Func<Task> scale = () => cluster.ScaleAsync(2, "high-mem", TestContext.Current.CancellationToken);

        (await scale.Should().ThrowAsync<KubernetesNotFoundException>()).Which.Call.Name.Should().Be("my-dask-worker-high-mem");
    }

    private static async Task<Dictionary<string, int>> CountsAsync(HelmCluster cluster)
    {
        SchedulerInfo info = await cluster.GetSchedulerInfoAsync(TestContext.Current.CancellationToken);
        return info.Workers.GroupBy(w => w.Group ?? "").ToDictionary(g => g.Key, g => g.Count());
    }
}
