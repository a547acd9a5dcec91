using DaskK8s.Dask.Rpc;
using DaskK8s.Dask.Tasks;
using DaskK8s.Tests.Rigs.Dask;

namespace DaskK8s.Tests.Dask;

[Collection(DaskProcessesGroup.Name)]
public sealed class DaskClientTests(DaskProcesses dask)
{
    private static readonly PythonFunction Add = PythonFunction.FromName("operator", "add");
    private static readonly PythonFunction Where = PythonFunction.FromSource(
        """
        from distributed import get_worker

        def where(_):
            return get_worker().name
        """,
        "where");

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task SubmitAsync_OperatorAdd_GivesTheSum()
    {
        await using DaskClient client = await DaskClient.ConnectAsync(dask.Address, null, Token);

        using DaskFuture<int> future = await client.SubmitAsync<int>(Add, [1, 2], null, Token);
        int sum = await future.ResultAsync(TimeSpan.FromSeconds(30), Token);

        sum.Should().Be(3);
        future.Status.Should().Be(DaskFutureStatus.Finished);
        future.Key.Should().StartWith("add-");
    }

    [Fact]
    public async Task SubmitAsync_GpuResource_RunsOnTheGpuWorker()
    {
        await using DaskClient client = await DaskClient.ConnectAsync(dask.Address, null, Token);

        using DaskFuture<int> future = await client.SubmitAsync<int>(
            Add, [1, 2], new TaskOptions { Resources = new Dictionary<string, double> { ["GPU"] = 1 } }, Token);
        int sum = await future.ResultAsync(TimeSpan.FromSeconds(30), Token);

        sum.Should().Be(3);
        SchedulerInfo info = await client.GetSchedulerInfoAsync(Token);
        string gpu = info.Workers.Single(w => w.Name == "gpu-0").Address;
        IReadOnlyDictionary<string, IReadOnlyList<string>> holders = await client.WhoHasAsync([future.Key], Token);
        holders[future.Key].Should().Equal(gpu);
    }

    [Fact]
    public async Task MapAsync_ThousandTasksWithAndWithoutAnnotation_StayOnWorkersThatOfferIt()
    {
        await using DaskClient client = await DaskClient.ConnectAsync(dask.Address, null, Token);
        DaskFutureList<string> annotated;
        using (client.Annotate(new TaskOptions { Resources = new Dictionary<string, double> { ["GPU"] = 1 } }))
        {
            annotated = await client.MapAsync<string>(Where, Enumerable.Range(0, 1000), null, Token);
        }

        DaskFutureList<string> plain = await client.MapAsync<string>(Where, Enumerable.Range(0, 1000), null, Token);

        (await client.GatherAsync(annotated, null, Token)).Should().HaveCount(1000).And.OnlyContain(name => name == "gpu-0");
        (await client.GatherAsync(plain, null, Token)).Should().HaveCount(1000).And.Contain("cpu-0").And.Contain("cpu-1");
    }

    [Fact]
    public async Task SubmitAsync_NoWorkerOffersIt_ToldAtOnceWithWhatThereIs()
    {
        await using DaskClient client = await DaskClient.ConnectAsync(dask.Address, null, Token);
        using DaskFuture<int> future = await client.SubmitAsync<int>(
            Add, [1, 2], new TaskOptions { Resources = new Dictionary<string, double> { ["TPU"] = 2 } }, Token);

        Func<Task> wait = () => future.ResultAsync(TimeSpan.FromSeconds(30), Token);

        DaskNoWorkerException error = (await wait.Should().ThrowAsync<DaskNoWorkerException>()).Which;
        error.Message.Should().Contain("needs TPU=2").And.Contain("3 workers").And.Contain("1 with GPU=1").And.Contain("2 with no resources");
        error.Required.Should().Contain("TPU", 2);
        future.Status.Should().Be(DaskFutureStatus.NoWorker);
    }

    [Fact]
    public async Task ResultAsync_TaskRaises_ThrowsWithPythonsWords()
    {
        await using DaskClient client = await DaskClient.ConnectAsync(dask.Address, null, Token);
        PythonFunction fail = PythonFunction.FromSource(
            """
            def check(value):
                if value > 1:
                    raise ValueError("it's too large: %d" % value)
            """,
            "check");
        using DaskFuture<object> future = await client.SubmitAsync<object>(fail, [7], null, Token);

        Func<Task> wait = () => future.ResultAsync(TimeSpan.FromSeconds(30), Token);

        DaskTaskException error = (await wait.Should().ThrowAsync<DaskTaskException>()).Which;
        error.PythonType.Should().Be("ValueError");
        error.PythonMessage.Should().Be("it's too large: 7");
        error.PythonTraceback.Should().StartWith("  File \"<check>\", line 3, in check").And.Contain("raise ValueError");
        error.Message.Should().Contain(future.Key);
    }

    [Fact]
    public async Task SubmitAsync_FutureAsArgument_StaysOnTheCluster()
    {
        await using DaskClient client = await DaskClient.ConnectAsync(dask.Address, null, Token);
        using DaskFuture<int> first = await client.SubmitAsync<int>(Add, [1, 2], null, Token);

        using DaskFuture<int> second = await client.SubmitAsync<int>(Add, [first, 10], null, Token);
        using DaskFuture<int> third = await client.SubmitAsync<int>(PythonFunction.FromName("builtins", "sum"), [new object[] { first, second, first }], null, Token);

        (await third.ResultAsync(TimeSpan.FromSeconds(30), Token)).Should().Be(19);
        (await second.ResultAsync(TimeSpan.FromSeconds(30), Token)).Should().Be(13);
    }
}
