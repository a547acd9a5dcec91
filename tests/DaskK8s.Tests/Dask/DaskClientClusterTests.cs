using DaskK8s.Dask.Protocol;
using DaskK8s.Dask.Rpc;
using DaskK8s.Dask.Tasks;
using DaskK8s.Tests.Rigs.Dask;

namespace DaskK8s.Tests.Dask;

[Collection(DaskProcessesGroup.Name)]
public sealed class DaskClientClusterTests(DaskProcesses dask) : IAsyncLifetime
{
    private static readonly PythonFunction Add = PythonFunction.FromName("operator", "add");

    private DaskClient _client = null!;
    private Dictionary<string, string> _addresses = null!;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _client = await DaskClient.ConnectAsync(
            DaskK8s.Dask.Protocol.SchedulerEndpoint.Parse(dask.Address), new DaskClientOptions(), GroupsAsync, Token);
        _addresses = (await _client.GetSchedulerInfoAsync(Token)).Workers.ToDictionary(w => w.Name, w => w.Address);
    }

    public ValueTask DisposeAsync() => _client.DisposeAsync();

    [Fact]
    public async Task SubmitAsync_WorkerGroup_RunsOnOneOfItsWorkers()
    {
        using DaskFuture<int> future = await _client.SubmitAsync<int>(Add, [1, 2], new TaskOptions { WorkerGroup = "gpu-workers" }, Token);
        await future.ResultAsync(TimeSpan.FromSeconds(30), Token);

        (await _client.WhoHasAsync([future.Key], Token))[future.Key].Should().Equal(_addresses["gpu-0"]);
    }

    [Fact]
    public async Task SubmitAsync_UnknownWorkerGroup_ThrowsListingTheGroups()
    {
        Func<Task> submit = () => _client.SubmitAsync<int>(Add, [1, 2], new TaskOptions { WorkerGroup = "tpu" }, Token);

        (await submit.Should().ThrowAsync<ArgumentException>()).WithMessage("*'tpu'*default, gpu-workers, empty*");
    }

    [Fact]
    public async Task SubmitAsync_WorkerGroupWithoutWorkers_ThrowsWithWhatThereIs()
    {
        Func<Task> submit = () => _client.SubmitAsync<int>(Add, [1, 2], new TaskOptions { WorkerGroup = "empty" }, Token);

        (await submit.Should().ThrowAsync<DaskNoWorkerException>())
            .WithMessage("*'empty' has no workers*default (2 workers: 2 with no resources); gpu-workers (1 worker: 1 with GPU=1); empty (no workers)*");
    }

    [Fact]
    public async Task SubmitAsync_GroupThatLacksTheResource_ToldWithTheGroupsAndWhatTheyOffer()
    {
        TaskOptions options = new() { WorkerGroup = "default", Resources = new Dictionary<string, double> { ["GPU"] = 1 } };
        using DaskFuture<int> future = await _client.SubmitAsync<int>(Add, [1, 2], options, Token);

        Func<Task> wait = () => future.ResultAsync(TimeSpan.FromSeconds(30), Token);

        (await wait.Should().ThrowAsync<DaskNoWorkerException>())
            .WithMessage("*needs GPU=1 on a worker of the group 'default'*gpu-workers (1 worker: 1 with GPU=1)*");
    }

    [Fact]
    public async Task SubmitAsync_DependentOfATaskThatNoWorkerCanRun_ToldToo()
    {
        TaskOptions options = new() { Resources = new Dictionary<string, double> { ["FPGA"] = 1 } };
        using DaskFuture<int> first = await _client.SubmitAsync<int>(Add, [1, 2], options, Token);
        using DaskFuture<int> second = await _client.SubmitAsync<int>(Add, [first, 2], null, Token);

        Func<Task> wait = () => second.ResultAsync(TimeSpan.FromSeconds(30), Token);

        await wait.Should().ThrowAsync<DaskNoWorkerException>();
    }

    [Fact]
    public async Task ClusterCalls_OnRealScheduler_GiveTypedAnswers()
    {
        using DaskFuture<string> future = await _client.SubmitAsync<string>(
            PythonFunction.FromName("operator", "mul"), ["x", 1000], new TaskOptions { Workers = ["cpu-0"] }, Token);
        await future.ResultAsync(TimeSpan.FromSeconds(30), Token);

        (await _client.HasWhatAsync([_addresses["cpu-0"]], Token))[_addresses["cpu-0"]].Should().Contain(future.Key);
        (await _client.GetSizesAsync([future.Key], Token))[future.Key].Should().BeInRange(1000, 2000);
        (await _client.GetSchedulerInfoAsync(Token)).Version.Should().StartWith("20");
        (await _client.GetSchedulerLogAsync(null, Token)).Should().Contain(e => e.Message.Contains("Scheduler at"));
        IReadOnlyDictionary<string, IReadOnlyList<DaskLogEntry>> logs = await _client.GetWorkerLogsAsync(null, 500, Token);
        logs.Should().HaveCount(3);
        logs[_addresses["gpu-0"]].Should().Contain(e => e.Message.Contains("gpu-0"));
        await _client.LogEventAsync("daskk8s-test", new { Step = 1, Ratio = 0.5 }, Token);
        DaskEvent logged = (await _client.GetEventsAsync("daskk8s-test", Token)).Should().ContainSingle().Which;
        logged.Time.Should().BeCloseTo(DateTimeOffset.UtcNow, TimeSpan.FromMinutes(1));
        logged.Data.GetProperty("Ratio").GetDouble().Should().Be(0.5);
    }

    [Fact]
    public async Task RetireWorkersAsync_WorkerWithTheOnlyCopy_KeepsTheResult()
    {
        await using DaskProcess extra = await DaskProcess.StartWorkerAsync(dask.Address, "extra", "--resources", "EXTRA=1");
        using DaskFuture<int> future = await _client.SubmitAsync<int>(
            Add, [1, 2], new TaskOptions { Resources = new Dictionary<string, double> { ["EXTRA"] = 1 } }, Token);
        await future.WaitAsync(Token);

        IReadOnlyList<string> retired = await _client.RetireWorkersAsync([await AddressAsync("extra")], TimeSpan.FromSeconds(30), Token);

        retired.Should().ContainSingle();
        (await future.ResultAsync(TimeSpan.FromSeconds(30), Token)).Should().Be(3);
    }

    [Fact]
    public async Task SubmitAsync_FutureOfAnotherClient_ThrowsArgumentException()
    {
        await using DaskClient other = await DaskClient.ConnectAsync(dask.Address, null, Token);
        using DaskFuture<int> foreign = await other.SubmitAsync<int>(Add, [1, 2], null, Token);

        Func<Task> submit = () => _client.SubmitAsync<int>(Add, [foreign, 2], null, Token);

        (await submit.Should().ThrowAsync<ArgumentException>()).WithMessage("*another client*");
    }

    [Fact]
    public async Task SubmitAsync_AllowOtherWorkers_RunsElsewhereWhereTheNamedOneIsMissing()
    {
        TaskOptions missing = new() { Workers = ["tcp://127.0.0.1:1"] };
        using DaskFuture<int> strict = await _client.SubmitAsync<int>(Add, [1, 2], missing, Token);
        using DaskFuture<int> loose = await _client.SubmitAsync<int>(Add, [1, 2], missing with { AllowOtherWorkers = true }, Token);

        (await loose.ResultAsync(TimeSpan.FromSeconds(30), Token)).Should().Be(3);
        (await strict.Awaiting(f => f.ResultAsync(TimeSpan.FromSeconds(30), Token)).Should().ThrowAsync<DaskNoWorkerException>())
            .WithMessage("*one of the workers tcp://127.0.0.1:1*");
    }

    [Fact]
    public async Task SubmitAsync_HigherPriority_RunsFirst()
    {
        string gate = $"gate-{Guid.NewGuid():N}";
        TaskOptions onGpu = new() { Resources = new Dictionary<string, double> { ["GPU"] = 1 } };
        PythonFunction now = PythonFunction.FromName("time", "monotonic_ns");
        using DaskFuture<bool> blocker = await _client.SubmitAsync<bool>(
            PythonFunction.FromSource("from distributed import Event\ndef wait(name):\n    return Event(name).wait(60)\n", "wait"), [gate], onGpu, Token);
        using DaskFuture<long> low = await _client.SubmitAsync<long>(now, [], onGpu with { Priority = -1 }, Token);
        using DaskFuture<long> high = await _client.SubmitAsync<long>(now, [], onGpu with { Priority = 10 }, Token);
        using DaskFuture<object> opener = await _client.SubmitAsync<object>(
            PythonFunction.FromSource("from distributed import Event\ndef open_gate(name):\n    Event(name).set()\n", "open_gate"),
            [gate], new TaskOptions { WorkerGroup = "default" }, Token);

        long highTime = await high.ResultAsync(TimeSpan.FromSeconds(60), Token);
        long lowTime = await low.ResultAsync(TimeSpan.FromSeconds(60), Token);

        highTime.Should().BeLessThan(lowTime);
    }

    [Fact]
    public async Task SubmitAsync_RunFunctionIsBlocked_ThrowsNamingVersionAndSetting() =>
        await AssertRunsNoFunctionsAsync("'distributed.scheduler.blocked-handlers': ['run_function']");

    [Fact]
    public async Task SubmitAsync_PickleIsSwitchedOff_ThrowsNamingVersionAndSetting()
    {
        try
        {
            await AssertRunsNoFunctionsAsync("'distributed.scheduler.pickle': False");
        }
        catch (InvalidOperationException e) when (e.Message.StartsWith("Dask ended", StringComparison.Ordinal))
        {
            // Dask 2024 and later do not start with this setting, and say so.
            e.Message.Should().Contain("distributed.scheduler.pickle");
        }
    }

    private static async Task AssertRunsNoFunctionsAsync(string setting)
    {
        string preload = Path.Combine(Path.GetTempPath(), $"daskk8s-{Guid.NewGuid():N}.py");
        await File.WriteAllTextAsync(preload, $"import dask\ndask.config.set({{{setting}}})\n", Token);
        await using DaskProcess scheduler = await DaskProcess.StartSchedulerAsync("--preload", preload);
        File.Delete(preload);
        await using DaskClient client = await DaskClient.ConnectAsync(scheduler.Address, null, Token);

        Func<Task> submit = () => client.SubmitAsync<int>(Add, [1, 2], null, Token);

        (await submit.Should().ThrowAsync<DaskRpcException>())
            .WithMessage($"*distributed {client.SchedulerVersion}*disallowed*distributed.scheduler.pickle*distributed.scheduler.blocked-handlers*");
        (await client.GetSchedulerInfoAsync(Token)).Workers.Should().BeEmpty();
    }

    private async Task<string> AddressAsync(string name) =>
        (await _client.GetSchedulerInfoAsync(Token)).Workers.Single(w => w.Name == name).Address;

    private async ValueTask<IReadOnlyList<GroupWorkers>> GroupsAsync(bool fresh, CancellationToken cancellationToken)
    {
        await Task.Yield();
        return
        [
            new GroupWorkers("default", [_addresses["cpu-0"], _addresses["cpu-1"]], WorkerInfo.NoResources, Coming: false),
            new GroupWorkers("gpu-workers", [_addresses["gpu-0"]], new Dictionary<string, double> { ["GPU"] = 1 }, Coming: false),
            new GroupWorkers("empty", [], WorkerInfo.NoResources, Coming: false),
        ];
    }
}
