using DaskK8s.Dask.Rpc;
using DaskK8s.Dask.Tasks;
using DaskK8s.Tests.Rigs.Dask;

namespace DaskK8s.Tests.Dask;

public sealed class DaskClientFaultTests
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task ResultAsync_TaskKillsItsWorker_ToldAsSuch()
    {
        await using DaskProcess scheduler = await DaskProcess.StartSchedulerAsync("--preload", AllowNoFailure());
        await using DaskProcess worker = await DaskProcess.StartWorkerAsync(scheduler.Address, "candidate");
        await using DaskClient client = await DaskClient.ConnectAsync(scheduler.Address, null, Token);
        using DaskFuture<object> future = await client.SubmitAsync<object>(PythonFunction.FromName("os", "_exit"), [1], null, Token);

        DaskTaskException error = (await future.Awaiting(f => f.ResultAsync(Limit, Token)).Should().ThrowAsync<DaskTaskException>()).Which;

        error.PythonType.Should().Be("KilledWorker");
        error.Message.Should().Contain("the workers that ran it died");
    }

    [Fact]
    public async Task ResultAsync_NoWorkersAtAll_ToldAtOnceAndRunsWhenOneComes()
    {
        await using DaskProcess scheduler = await DaskProcess.StartSchedulerAsync();
        await using DaskClient client = await DaskClient.ConnectAsync(scheduler.Address, null, Token);
        using DaskFuture<int> future = await client.SubmitAsync<int>(PythonFunction.FromName("operator", "add"), [1, 2], null, Token);
        DaskNoWorkerException error = (await future.Awaiting(f => f.ResultAsync(Limit, Token)).Should().ThrowAsync<DaskNoWorkerException>()).Which;
        error.Message.Should().Contain("no workers");

        await using DaskProcess worker = await DaskProcess.StartWorkerAsync(scheduler.Address, "late");
        while (await future.WaitAsync(Token) == DaskFutureStatus.NoWorker)
        {
            await Task.Delay(50, Token);
        }

        (await future.ResultAsync(Limit, Token)).Should().Be(3);
    }

    [Fact]
    public async Task ResultAsync_WorkersOnTheirWay_WaitsAsLongAsTheOptionsAllow()
    {
        await using DaskProcess scheduler = await DaskProcess.StartSchedulerAsync();
        await using DaskClient client = await DaskClient.ConnectAsync(
            scheduler.Address, new DaskClientOptions { NoWorkerTimeout = TimeSpan.FromSeconds(30) }, Token);
        using DaskFutureList<int> futures = await client.StarMapAsync<int>(PythonFunction.FromName("operator", "add"), [[1, 2], [3, 4]], null, Token);
        Task<IReadOnlyList<int>> gathering = client.GatherAsync(futures, null, Token);
        Task<int> single = futures[1].ResultAsync(Limit, Token);

        await using DaskProcess worker = await DaskProcess.StartWorkerAsync(scheduler.Address, "late");

        (await gathering).Should().Equal(3, 7);
        (await single).Should().Be(7);
    }

    [Fact]
    public async Task ResultAsync_WorkerWithTheOnlyCopyDies_IsComputedAnew()
    {
        await using DaskProcess scheduler = await DaskProcess.StartSchedulerAsync();
        await using DaskProcess worker = await DaskProcess.StartWorkerAsync(scheduler.Address, "first");
        await using DaskClient client = await DaskClient.ConnectAsync(
            scheduler.Address, new DaskClientOptions { NoWorkerTimeout = TimeSpan.FromSeconds(30) }, Token);
        using DaskFuture<int> future = await client.SubmitAsync<int>(PythonFunction.FromName("operator", "add"), [1, 2], null, Token);
        await future.WaitAsync(Token);

        await worker.KillAsync();
        Task<int> result = future.ResultAsync(Limit, Token);
        await using DaskProcess second = await DaskProcess.StartWorkerAsync(scheduler.Address, "second");

        (await result).Should().Be(3);
    }

    [Fact]
    public async Task ResultAsync_WorkersAreRestarted_ToldAsLost()
    {
        await using DaskProcess scheduler = await DaskProcess.StartSchedulerAsync();
        await using DaskProcess worker = await DaskProcess.StartWorkerAsync(scheduler.Address, "first");
        await using DaskClient client = await DaskClient.ConnectAsync(scheduler.Address, null, Token);
        using DaskFuture<int> future = await client.SubmitAsync<int>(PythonFunction.FromName("operator", "add"), [1, 2], null, Token);
        await future.WaitAsync(Token);

        await client.RestartAsync(TimeSpan.FromSeconds(5), waitForWorkers: false, Token);

        await future.Awaiting(f => f.ResultAsync(Limit, Token)).Should().ThrowAsync<DaskTaskLostException>();
    }

    [Fact]
    public async Task DisposeAsync_ClientWithWork_LeavesNothingOnTheScheduler()
    {
        await using DaskProcess scheduler = await DaskProcess.StartSchedulerAsync();
        await using DaskProcess worker = await DaskProcess.StartWorkerAsync(scheduler.Address, "only");
        await using DaskClient watcher = await DaskClient.ConnectAsync(scheduler.Address, null, Token);
        DaskClient client = await DaskClient.ConnectAsync(scheduler.Address, null, Token);
        DaskFutureList<int> futures = await client.StarMapAsync<int>(PythonFunction.FromName("operator", "add"), [[1, 2], [3, 4]], null, Token);
        await client.GatherAsync(futures, null, Token);
        (await watcher.WhoHasAsync(null, Token)).Should().HaveCount(2);
        futures[0].Dispose();
        while ((await watcher.WhoHasAsync(null, Token)).Count > 1)
        {
            await Task.Delay(20, Token);
        }

        await client.DisposeAsync();

        while ((await watcher.WhoHasAsync(null, Token)).Count > 0)
        {
            await Task.Delay(20, Token);
        }
    }

    private static string AllowNoFailure()
    {
        string file = Path.Combine(Path.GetTempPath(), "daskk8s-no-failure.py");
        File.WriteAllText(file, "def dask_setup(scheduler):\n    scheduler.allowed_failures = 0\n    scheduler.ALLOWED_FAILURES = 0\n");
        return file;
    }
}
