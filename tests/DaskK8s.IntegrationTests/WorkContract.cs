namespace DaskK8s.IntegrationTests;

public sealed class WorkContract(TestCluster kubernetes)
{
    private static readonly PythonFunction Add = PythonFunction.FromName("operator", "add");

    private static readonly PythonFunction WhereAmI = PythonFunction.FromSource(
        """
        def where():
            from distributed import get_worker
            return get_worker().address
        """,
        "where");

    [Fact]
    public async Task SubmitAsync_TaskThatNeedsAGpu_RunsOnTheGpuGroup()
    {
        await using TestRelease release = await TestRelease.InstallAsync(kubernetes);
        await using HelmCluster cluster = await release.ConnectAsync();
        await using DaskClient client = await cluster.GetClientAsync(TestContext.Current.CancellationToken);
        TaskOptions gpu = new() { Resources = new Dictionary<string, double> { ["GPU"] = 1 } };

        using DaskFuture<long> sum = await client.SubmitAsync<long>(Add, [1, 2], gpu, TestContext.Current.CancellationToken);
        using DaskFuture<string> place = await client.SubmitAsync<string>(WhereAmI, [], gpu, TestContext.Current.CancellationToken);

        (await sum.ResultAsync(cancellationToken: TestContext.Current.CancellationToken)).Should().Be(3);
        string address = await place.ResultAsync(cancellationToken: TestContext.Current.CancellationToken);
        SchedulerInfo info = await cluster.GetSchedulerInfoAsync(TestContext.Current.CancellationToken);
        info.Workers.Single(w => w.Address == address).Group.Should().Be("gpu-workers");
    }

    [Fact]
    public async Task SubmitAsync_ByWorkerGroup_RunsOnThatGroup()
    {
        await using TestRelease release = await TestRelease.InstallAsync(kubernetes);
        await using HelmCluster cluster = await release.ConnectAsync();
        await using DaskClient client = await cluster.GetClientAsync(TestContext.Current.CancellationToken);

        using DaskFuture<string> place = await client.SubmitAsync<string>(
            WhereAmI, [], new TaskOptions { WorkerGroup = "high-mem" }, TestContext.Current.CancellationToken);

        string address = await place.ResultAsync(cancellationToken: TestContext.Current.CancellationToken);
        SchedulerInfo info = await cluster.GetSchedulerInfoAsync(TestContext.Current.CancellationToken);
        info.Workers.Single(w => w.Address == address).Group.Should().Be("high-mem");
    }
}
