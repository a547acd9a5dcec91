using DaskK8s.Dask.Rpc;
using DaskK8s.Dask.Tasks;
using DaskK8s.IntegrationTests.Rigs;

using k8s;

namespace DaskK8s.IntegrationTests;

public sealed class WorkContract(TestCluster kubernetes)
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(3);

    private static readonly PythonFunction Add = PythonFunction.FromName("operator", "add");

    private static readonly PythonFunction Where = PythonFunction.FromSource(
        """
        def where(seconds):
            import time
            from distributed import get_worker
            time.sleep(seconds)
            return get_worker().address
        """,
        "where");

    private static readonly TaskOptions OnGpu = new() { Resources = new Dictionary<string, double> { ["GPU"] = 1 } };

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task SubmitAsync_TaskThatNeedsAGpu_RunsOnTheGpuGroup()
    {
        await using TestRelease release = await TestRelease.InstallAsync(kubernetes);
        await using HelmCluster cluster = await release.ConnectAsync();
        await using DaskClient client = await cluster.GetClientAsync(Token);

        using DaskFuture<long> sum = await client.SubmitAsync<long>(Add, [1, 2], OnGpu, Token);

        (await sum.ResultAsync(Limit, Token)).Should().Be(3);
        IReadOnlyDictionary<string, IReadOnlyList<string>> holders = await client.WhoHasAsync([sum.Key], Token);
        Dictionary<string, string?> groups = await GroupsAsync(cluster);
        holders[sum.Key].Select(address => groups[address]).Should().Equal("gpu-workers");
    }

    [Fact]
    public async Task SubmitAsync_ByWorkerGroup_RunsOnThatGroup()
    {
        await using TestRelease release = await TestRelease.InstallAsync(kubernetes);
        await using HelmCluster cluster = await release.ConnectAsync();
        await using DaskClient client = await cluster.GetClientAsync(Token);

        using DaskFuture<string> place = await client.SubmitAsync<string>(Where, [0], new TaskOptions { WorkerGroup = "high-mem" }, Token);

        string address = await place.ResultAsync(Limit, Token);
        (await GroupsAsync(cluster))[address].Should().Be("high-mem");
    }

    /// <summary>From 2025.4 on Dask's own client sends expressions instead of graphs to the scheduler: collections in a script take that path.</summary>
    [Fact]
    public async Task RunScriptAsync_Collections_ComputeOnTheGroupThatTheyAreAnnotatedFor()
    {
        await using TestRelease release = await TestRelease.InstallAsync(kubernetes);
        await using HelmCluster cluster = await release.ConnectAsync();
        await using DaskClient client = await cluster.GetClientAsync(Token);

        long[] sums = await client.RunScriptAsync<long[]>(
            """
            import dask
            import dask.bag

            numbers = dask.bag.from_sequence(range(100), npartitions=10).map(lambda n: n * n)
            with dask.annotate(resources={"GPU": 1}):
                total = dask.delayed(sum)([dask.delayed(pow)(n, 2) for n in range(100)])
                annotated = total.compute(optimize_graph=False)
            kept = numbers.persist()
            [int(numbers.sum().compute()), int(annotated), int(kept.sum().compute())]
            """,
            cancellationToken: Token).WaitAsync(Limit, Token);

        sums.Should().Equal(328350, 328350, 328350);
    }

    [Fact]
    public async Task MapAsync_ThousandTasksWithAndWithoutAnnotation_NeverRunWhereItIsNotOffered()
    {
        await using TestRelease release = await TestRelease.InstallAsync(kubernetes);
        await using HelmCluster cluster = await release.ConnectAsync();
        await using DaskClient client = await cluster.GetClientAsync(Token);

        DaskFutureList<string> annotated;
        using (client.Annotate(OnGpu))
        {
            annotated = await client.MapAsync<string>(Where, Enumerable.Repeat(0, 1000), null, Token);
        }

        using DaskFutureList<string> onGpu = annotated;
        using DaskFutureList<string> plain = await client.MapAsync<string>(Where, Enumerable.Repeat(0, 1000), null, Token);
        IReadOnlyList<string> gpuPlaces = await client.GatherAsync(onGpu, null, Token).WaitAsync(Limit, Token);
        IReadOnlyList<string> plainPlaces = await client.GatherAsync(plain, null, Token).WaitAsync(Limit, Token);

        Dictionary<string, string?> groups = await GroupsAsync(cluster);
        gpuPlaces.Should().HaveCount(1000).And.OnlyContain(address => groups[address] == "gpu-workers");
        plainPlaces.Should().HaveCount(1000).And.Contain(address => groups[address] == "worker");
    }

    [Fact]
    public async Task MapAsync_HundredThousandTasks_AllResultsArrive()
    {
        await using TestRelease release = await TestRelease.InstallAsync(kubernetes);
        await using HelmCluster cluster = await release.ConnectAsync();
        await using DaskClient client = await cluster.GetClientAsync(Token);
        PythonFunction noop = PythonFunction.FromSource("def noop(x):\n    return None\n", "noop");

        using DaskFutureList<object?> futures = await client.MapAsync<object?>(noop, Enumerable.Range(0, 100_000), null, Token);
        IReadOnlyList<object?> results = await client.GatherAsync(futures, null, Token);

        results.Should().HaveCount(100_000).And.OnlyContain(result => result == null);
    }

    [Fact]
    public async Task SubmitAsync_NoWorkerOffersIt_ToldAtOnceWithTheGroupsAndWhatTheyOffer()
    {
        await using TestRelease release = await TestRelease.InstallAsync(kubernetes);
        await using HelmCluster cluster = await release.ConnectAsync();
        await using DaskClient client = await cluster.GetClientAsync(Token);
        using DaskFuture<long> future = await client.SubmitAsync<long>(
            Add, [1, 2], new TaskOptions { Resources = new Dictionary<string, double> { ["TPU"] = 1 } }, Token);

        Func<Task> result = () => future.ResultAsync(Limit, Token);

        (await result.Should().ThrowAsync<DaskNoWorkerException>()).WithMessage(
            "*needs TPU=1*worker (3 workers: 3 with no resources)*gpu-workers (1 worker: 1 with GPU=1)*high-mem (1 worker: 1 with MEMORY=6000000000)*");
    }

    [Fact]
    public async Task ResultAsync_ConnectionCutWhileTasksRun_ResultsArrive()
    {
        await using TestRelease release = await TestRelease.InstallAsync(kubernetes);
        await using HelmCluster cluster = await release.ConnectAsync();
        await using DaskClient client = await cluster.GetClientAsync(Token);
        using DaskFutureList<string> futures = await client.MapAsync<string>(Where, Enumerable.Repeat(2, 8), null, Token);
        Task<IReadOnlyList<string>> gathering = client.GatherAsync(futures, null, Token);

        await kubernetes.CutConnectionsAsync(Token);

        (await gathering.WaitAsync(Limit, Token)).Should().HaveCount(8);
        using DaskFuture<long> sum = await client.SubmitAsync<long>(Add, [1, 2], null, Token);
        (await sum.ResultAsync(Limit, Token)).Should().Be(3);
    }

    [Fact]
    public async Task ResultAsync_SchedulerPodDeletedWhileTasksRun_ToldAsLostAndNewWorkRuns()
    {
        await using TestRelease release = await TestRelease.InstallAsync(kubernetes);
        await using HelmCluster cluster = await release.ConnectAsync();
        await using DaskClient client = await cluster.GetClientAsync(Token);
        using DaskFuture<string> running = await client.SubmitAsync<string>(Where, [60], null, Token);
        Task<string> result = running.ResultAsync(Limit, Token);

        await kubernetes.Client.CoreV1.DeleteCollectionNamespacedPodAsync(
            release.Namespace, labelSelector: "release=my-dask,component=scheduler", gracePeriodSeconds: 0, cancellationToken: Token);

        (await result.Awaiting(r => r).Should().ThrowAsync<DaskTaskLostException>()).WithMessage("*the scheduler restarted*Submit it again*");
        await cluster.WaitForWorkersAsync(cancellationToken: Token);
        using DaskFuture<long> sum = await client.SubmitAsync<long>(Add, [1, 2], null, Token);
        (await sum.ResultAsync(Limit, Token)).Should().Be(3);
    }

    [Fact]
    public async Task GatherAsync_SchedulerPodDeletedWhileTasksRun_LostWorkIsSubmittedAgain()
    {
        await using TestRelease release = await TestRelease.InstallAsync(kubernetes);
        await using HelmCluster cluster = await release.ConnectAsync();
        await using DaskClient client = await cluster.GetClientAsync(new DaskClientOptions { ResubmitLostWork = true }, Token);
        using DaskFutureList<string> anywhere = await client.MapAsync<string>(Where, Enumerable.Repeat(2, 8), null, Token);
        using DaskFuture<string> onGroup = await client.SubmitAsync<string>(Where, [1], new TaskOptions { WorkerGroup = "gpu-workers" }, Token);
        Task<IReadOnlyList<string>> gathering = client.GatherAsync([.. anywhere, onGroup], null, Token);

        await kubernetes.Client.CoreV1.DeleteCollectionNamespacedPodAsync(
            release.Namespace, labelSelector: "release=my-dask,component=scheduler", gracePeriodSeconds: 0, cancellationToken: Token);

        (await gathering.WaitAsync(Limit, Token)).Should().HaveCount(9);
        anywhere[7].Attempts.Should().BeGreaterThan(1);
        onGroup.Attempts.Should().BeGreaterThan(1);
    }

    /// <summary>Returns each worker's group by its address.</summary>
    private static async Task<Dictionary<string, string?>> GroupsAsync(HelmCluster cluster) =>
        (await cluster.GetSchedulerInfoAsync(Token)).Workers.ToDictionary(static w => w.Address, static w => w.Group);
}
