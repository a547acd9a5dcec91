using System.Collections.Concurrent;

using DaskK8s.Dask.Protocol;
using DaskK8s.Dask.Tasks;
using DaskK8s.Tests.Rigs;
using DaskK8s.Tests.Rigs.Dask;

namespace DaskK8s.Tests.Dask;

/// <summary>Tasks that no worker can run: hopeless ones are told at once, those whose workers are on their way are waited for.</summary>
public sealed class DaskClientPatienceTests : IAsyncLifetime
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(120);
    private static readonly PythonFunction Add = PythonFunction.FromName("operator", "add");
    private static readonly TaskOptions OnGpu = new() { Resources = new Dictionary<string, double> { ["GPU"] = 1 } };

    private readonly ConcurrentDictionary<string, GroupWorkers> _groups = new();
    private DaskProcess _scheduler = null!;
    private int _looks;

    public static TheoryData<string> Calls => ["result", "gather", "wait", "completed"];

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _scheduler = await DaskProcess.StartSchedulerAsync();
        Set("worker", coming: false);
        Set("gpu-workers", coming: true, "GPU");
    }

    public async ValueTask DisposeAsync() => await _scheduler.DisposeAsync();

    [Theory]
    [MemberData(nameof(Calls))]
    public async Task Calls_WorkerOfAGroupThatFitsIsOnItsWay_WaitForIt(string call)
    {
        await using DaskClient client = await ConnectAsync();
        using DaskFutureList<int> futures = await client.StarMapAsync<int>(Add, [[1, 2], [3, 4]], OnGpu, Token);
        Task waiting = call switch
        {
            "result" => futures[0].ResultAsync(null, Token),
            "gather" => client.GatherAsync(futures, null, Token),
            "wait" => futures[0].WaitAsync(Token),
            _ => AllFinishedAsync(client.AsCompletedAsync(futures, Token)),
        };
        await Poll.UntilAsync(() => futures[0].Status == DaskFutureStatus.NoWorker && Volatile.Read(ref _looks) > 1);
        waiting.IsCompleted.Should().BeFalse();

        await using DaskProcess worker = await DaskProcess.StartWorkerAsync(_scheduler.Address, "late", "--resources", "GPU=1");

        await waiting.WaitAsync(Limit, Token);
        (await client.GatherAsync(futures, null, Token).WaitAsync(Limit, Token)).Should().Equal(3, 7);
    }

    [Theory]
    [MemberData(nameof(Calls))]
    public async Task Calls_TheGroupIsScaledToZeroMeanwhile_ToldThen(string call)
    {
        await using DaskClient client = await ConnectAsync();
        using DaskFutureList<int> futures = await client.StarMapAsync<int>(Add, [[1, 2], [3, 4]], OnGpu, Token);
        Task<DaskFutureStatus> waiting = StatusAsync(call, client, futures);
        await Poll.UntilAsync(() => Volatile.Read(ref _looks) > 1);
        waiting.IsCompleted.Should().BeFalse();

        Set("gpu-workers", coming: false, "GPU");

        (await waiting.WaitAsync(Limit, Token)).Should().Be(DaskFutureStatus.NoWorker);
    }

    [Theory]
    [InlineData("TPU", null)]
    [InlineData("GPU", "tcp://127.0.0.1:1")]
    public async Task ResultAsync_NoGroupWillEverFit_ToldAtOnce(string resource, string? worker)
    {
        await using DaskClient client = await ConnectAsync();
        TaskOptions options = new() { Resources = new Dictionary<string, double> { [resource] = 1 }, Workers = worker is null ? null : [worker] };
        using DaskFuture<int> future = await client.SubmitAsync<int>(Add, [1, 2], options, Token);

        Func<Task> wait = () => future.ResultAsync(Limit, Token);

        (await wait.Should().ThrowAsync<DaskNoWorkerException>()).WithMessage("*gpu-workers (no workers, more on their way)*");
        Volatile.Read(ref _looks).Should().Be(1);
    }

    [Fact]
    public async Task GatherAsync_OneHopelessAmongOthersOnTheirWay_TellsTheHopelessOne()
    {
        await using DaskClient client = await ConnectAsync();
        using DaskFuture<int> hopeful = await client.SubmitAsync<int>(Add, [1, 2], OnGpu, Token);
        using DaskFuture<int> hopeless = await client.SubmitAsync<int>(
            Add, [hopeful, 2], new TaskOptions { Resources = new Dictionary<string, double> { ["TPU"] = 1 } }, Token);
        using DaskFuture<int> alone = await client.SubmitAsync<int>(
            Add, [1, 2], new TaskOptions { Resources = new Dictionary<string, double> { ["TPU"] = 1 } }, Token);

        Func<Task> gather = () => client.GatherAsync([hopeful, hopeless, alone], null, Token).WaitAsync(Limit, Token);

        (await gather.Should().ThrowAsync<DaskNoWorkerException>()).Which.Required.Should().ContainKey("TPU");
    }

    [Fact]
    public async Task SubmitAsync_GroupWhoseFirstWorkerIsOnItsWay_WaitsForIt()
    {
        await using DaskClient client = await ConnectAsync();
        Task<DaskFuture<int>> submitting = client.SubmitAsync<int>(Add, [1, 2], new TaskOptions { WorkerGroup = "gpu-workers" }, Token);
        await Poll.UntilAsync(() => Volatile.Read(ref _looks) > 1);
        submitting.IsCompleted.Should().BeFalse();

        await using DaskProcess worker = await DaskProcess.StartWorkerAsync(_scheduler.Address, "late", "--resources", "GPU=1");
        string address = (await client.GetSchedulerInfoAsync(Token)).Workers.Single().Address;
        _groups["gpu-workers"] = _groups["gpu-workers"] with { Addresses = [address], Coming = false };

        using DaskFuture<int> future = await submitting.WaitAsync(Limit, Token);
        (await future.ResultAsync(Limit, Token)).Should().Be(3);
    }

    [Fact]
    public async Task SubmitAsync_GroupWithoutWorkersOnTheirWay_ToldAtOnce()
    {
        await using DaskClient client = await ConnectAsync();

        Func<Task> submit = () => client.SubmitAsync<int>(Add, [1, 2], new TaskOptions { WorkerGroup = "worker" }, Token);

        (await submit.Should().ThrowAsync<DaskNoWorkerException>()).WithMessage("*'worker' has no workers now*");
    }

    [Fact]
    public async Task GatherAsync_WorkersComeAndGo_TheLimitCountsAnewEachTime()
    {
        await using DaskClient client = await DaskClient.ConnectAsync(_scheduler.Address, new DaskClientOptions { NoWorkerTimeout = Limit }, Token);
        PythonFunction slow = PythonFunction.FromSource("import time\ndef slow(i):\n    time.sleep(0.1)\n    return i\n", "slow");
        using DaskFutureList<int> futures = await client.MapAsync<int>(slow, Enumerable.Range(0, 60), null, Token);
        Task<IReadOnlyList<int>> gathering = client.GatherAsync(futures, null, Token);

        for (int round = 0; round < 2; round++)
        {
            await using DaskProcess worker = await DaskProcess.StartWorkerAsync(_scheduler.Address, $"worker-{round}");
            await Poll.UntilAsync(() => futures.Any(static f => f.Status == DaskFutureStatus.Finished));
            await worker.KillAsync();
            // Once the scheduler has said so, patience has been asked for: it looks every tenth of a second.
            await Poll.UntilAsync(() => futures.All(static f => f.Status == DaskFutureStatus.NoWorker));
            await Task.WhenAny(gathering, Task.Delay(TimeSpan.FromSeconds(1), Token));
            gathering.IsCompleted.Should().BeFalse("the time without a worker has only begun");
        }

        await using DaskProcess last = await DaskProcess.StartWorkerAsync(_scheduler.Address, "last");
        (await gathering.WaitAsync(Limit, Token)).Should().Equal(Enumerable.Range(0, 60));
    }

    [Fact]
    public async Task Status_WorkerComesAndGoesBetweenTwoLooks_IsNoWorkerAgain()
    {
        PythonFunction look = PythonFunction.FromSource(
            """
            def look(on, dask_scheduler=None):
                import asyncio
                service = next(f for n, f in dask_scheduler.handlers.items() if n.startswith("daskk8s_session_")).__self__
                if on:
                    service.ticker = asyncio.ensure_future(service.tick())
                else:
                    service.ticker.cancel()
            """,
            "look");
        await using DaskClient client = await DaskClient.ConnectAsync(_scheduler.Address, null, Token);
        using DaskFuture<int> future = await client.SubmitAsync<int>(Add, [1, 2], null, Token);
        await Poll.UntilAsync(() => future.Status == DaskFutureStatus.NoWorker);

        await client.RunOnSchedulerAsync<object?>(look, [false], cancellationToken: Token);
        await using (DaskProcess worker = await DaskProcess.StartWorkerAsync(_scheduler.Address, "short"))
        {
            await Poll.UntilAsync(() => future.Status == DaskFutureStatus.Finished);
            await worker.KillAsync();
        }

        await Poll.UntilAsync(() => future.Status == DaskFutureStatus.Pending);
        await client.RunOnSchedulerAsync<object?>(look, [true], cancellationToken: Token);

        await Poll.UntilAsync(() => future.Status == DaskFutureStatus.NoWorker);
    }

    [Fact]
    public async Task ResultAsync_ZeroIsSet_ToldAtOnceAlthoughWorkersAreOnTheirWay()
    {
        await using DaskClient client = await ConnectAsync(new DaskClientOptions { NoWorkerTimeout = TimeSpan.Zero });
        using DaskFuture<int> future = await client.SubmitAsync<int>(Add, [1, 2], OnGpu, Token);

        Func<Task> wait = () => future.ResultAsync(Limit, Token);

        await wait.Should().ThrowAsync<DaskNoWorkerException>();
    }

    private static async Task<DaskFutureStatus> StatusAsync(string call, DaskClient client, DaskFutureList<int> futures)
    {
        try
        {
            switch (call)
            {
                case "result": await futures[0].ResultAsync(null, Token); break;
                case "gather": await client.GatherAsync(futures, null, Token); break;
                case "wait": return await futures[0].WaitAsync(Token);
                default:
                    await foreach (DaskFuture<int> future in client.AsCompletedAsync(futures, Token))
                    {
                        return future.Status;
                    }

                    break;
            }

            return DaskFutureStatus.Finished;
        }
        catch (DaskNoWorkerException)
        {
            return DaskFutureStatus.NoWorker;
        }
    }

    private static async Task AllFinishedAsync(IAsyncEnumerable<DaskFuture<int>> futures)
    {
        await foreach (DaskFuture<int> future in futures)
        {
            future.Status.Should().Be(DaskFutureStatus.Finished);
        }
    }

    private void Set(string name, bool coming, string? resource = null) => _groups[name] = new GroupWorkers(
        name, [], resource is null ? WorkerInfo.NoResources : new Dictionary<string, double> { [resource] = 1 }, coming);

    private Task<DaskClient> ConnectAsync(DaskClientOptions? options = null) =>
        DaskClient.ConnectAsync(SchedulerEndpoint.Parse(_scheduler.Address), options ?? new DaskClientOptions(), ResolveAsync, Token);

    private ValueTask<IReadOnlyList<GroupWorkers>> ResolveAsync(bool fresh, CancellationToken cancellationToken)
    {
        if (fresh)
        {
            Interlocked.Increment(ref _looks);
        }

        return ValueTask.FromResult<IReadOnlyList<GroupWorkers>>([.. _groups.Values.OrderByDescending(static g => g.Name)]);
    }
}
