using DaskK8s.Tests.Rigs.Dask;
using DaskK8s.Dask;

namespace DaskK8s.Tests.Dask.Running;

/// <summary>Functions that run on workers and the scheduler outside of tasks.</summary>
[Collection(DaskProcessesGroup.Name)]
public sealed class OutOfBandTests(DaskProcesses dask) : DaskClientTestBase(dask)
{
    private static readonly PythonFunction Name = PythonFunction.FromSource("def name(dask_worker):\n    return dask_worker.name\n", "name");

    [Fact]
    public async Task RunOnWorkersAsync_AllWorkers_EachAnswers()
    {
        IReadOnlyList<DaskAnswer<string>> answers = await Client.RunOnWorkersAsync<string>(Name, cancellationToken: Token);

        SchedulerInfo info = await Client.GetSchedulerInfoAsync(Token);
        answers.Should().HaveCount(3);
        answers.ToDictionary(static a => a.Worker, static a => a.ResultOrThrow()).Should().BeEquivalentTo(info.Workers.ToDictionary(static w => w.Address, static w => w.Name));
    }

    [Fact]
    public async Task RunOnWorkersAsync_NamesAndAddresses_OnlyThoseAnswer()
    {
        string address = (await Client.GetSchedulerInfoAsync(Token)).Workers.Single(static w => w.Name == "gpu-0").Address;

        IReadOnlyList<DaskAnswer<string>> answers = await Client.RunOnWorkersAsync<string>(Name, null, ["cpu-1", address], cancellationToken: Token);

        answers.Select(static a => a.ResultOrThrow()).Should().Equal("cpu-1", "gpu-0");
    }

    [Fact]
    public async Task RunOnWorkersAsync_OneRaisesAndOneIsGone_TheOthersAnswer()
    {
        PythonFunction picky = PythonFunction.FromSource(
            """
            def picky(refused, dask_worker):
                if dask_worker.name == refused:
                    raise ValueError("not " + refused)
                return {"name": dask_worker.name}
            """,
            "picky");

        IReadOnlyList<DaskAnswer<Dictionary<string, string>>> answers = await Client.RunOnWorkersAsync<Dictionary<string, string>>(
            picky, ["cpu-0"], ["cpu-0", "cpu-1", "tcp://127.0.0.1:1"], cancellationToken: Token);

        answers[1].ResultOrThrow().Should().Contain("name", "cpu-1");
        DaskTaskException raised = answers[0].Error.Should().BeOfType<DaskTaskException>().Which;
        raised.PythonType.Should().Be("ValueError");
        raised.PythonMessage.Should().Be("not cpu-0");
        raised.PythonTraceback.Should().StartWith("  File \"<picky>\", line 3");
        answers[2].Error.Should().BeOfType<DaskTaskLostException>();
        answers[2].Invoking(static a => a.ResultOrThrow()).Should().Throw<DaskTaskLostException>();
    }

    [Fact]
    public async Task RunOnWorkersAsync_ResultsOfOtherKinds_AreErrorsOfThatWorker()
    {
        IReadOnlyList<DaskAnswer<int>> text = await Client.RunOnWorkersAsync<int>(Name, null, ["cpu-0"], cancellationToken: Token);
        IReadOnlyList<DaskAnswer<object>> thread = await Client.RunOnWorkersAsync<object>(
            PythonFunction.FromName("threading", "current_thread"), null, ["cpu-0"], cancellationToken: Token);

        text[0].Error.Should().BeOfType<DaskResultException>().Which.PythonType.Should().Be("str");
        thread[0].Error.Should().BeOfType<DaskResultException>().Which.PythonType.Should().Contain("threading");
    }

    [Fact]
    public async Task RunOnWorkersAsync_FunctionTakesTooLong_EndsWithTheLimitAndWorkersGoOn()
    {
        Func<Task> slow = () => Client.RunOnWorkersAsync<object>(
            PythonFunction.FromName("time", "sleep"), [3], ["cpu-0"], TimeSpan.FromSeconds(0.5), Token);

        await slow.Should().ThrowAsync<SchedulerTimeoutException>();

        using DaskFuture<int> future = await Client.SubmitAsync<int>(
            PythonFunction.FromName("operator", "add"), [1, 2], new TaskOptions { Workers = ["cpu-0"] }, Token);
        (await future.ResultAsync(Limit, Token)).Should().Be(3);
    }

    [Fact]
    public async Task RunOnWorkersAsync_AFuture_ThrowsArgumentException()
    {
        using DaskFuture<int> future = await Client.SubmitAsync<int>(PythonFunction.FromName("operator", "add"), [1, 2], null, Token);

        Func<Task> run = () => Client.RunOnWorkersAsync<int>(PythonFunction.FromName("builtins", "abs"), [future], cancellationToken: Token);

        (await run.Should().ThrowAsync<ArgumentException>()).WithMessage("*only tasks receive results*");
    }

    [Fact]
    public async Task RunOnSchedulerAsync_FunctionThatTakesTheScheduler_GivesItsResult()
    {
        PythonFunction count = PythonFunction.FromSource(
            "async def count(extra, dask_scheduler):\n    return len(dask_scheduler.workers) + extra\n", "count");

        (await Client.RunOnSchedulerAsync<int>(count, [10], cancellationToken: Token)).Should().Be(13);
    }

    [Fact]
    public async Task RunOnSchedulerAsync_FunctionRaisesOrEndsItsProcess_ThrowsItsError()
    {
        Func<Task> raise = () => Client.RunOnSchedulerAsync<object>(PythonFunction.FromName("operator", "truediv"), [1, 0], cancellationToken: Token);
        Func<Task> exit = () => Client.RunOnSchedulerAsync<object>(PythonFunction.FromName("sys", "exit"), [3], cancellationToken: Token);

        (await raise.Should().ThrowAsync<DaskTaskException>()).Which.PythonType.Should().Be("ZeroDivisionError");
        (await exit.Should().ThrowAsync<DaskTaskException>()).Which.PythonType.Should().Be("SystemExit");
        (await Client.GetSchedulerInfoAsync(Token)).Workers.Should().HaveCount(3);
    }
}
