using System.Collections.Concurrent;
using System.Diagnostics.Metrics;

using DaskK8s.Dask.Protocol;
using DaskK8s.Dask.Tasks;
using DaskK8s.Tests.Rigs;
using DaskK8s.Tests.Rigs.Dask;

using Microsoft.Extensions.Logging;

namespace DaskK8s.Tests.Dask.Tasks;

/// <summary>Work that is submitted again when its scheduler is replaced.</summary>
public sealed class ResubmitTests : IAsyncLifetime
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(120);
    private static readonly DaskClientOptions Resubmitting = new() { ResubmitLostWork = true };
    private static readonly PythonFunction Add = PythonFunction.FromName("operator", "add");

    // Leaves a line for each run, and ends when the gate is there.
    private static readonly PythonFunction Noted = PythonFunction.FromSource(
        """
        def noted(folder, name, value, gated=False):
            import os, time
            with open(folder + "/runs", "a") as file:
                file.write(name + "\n")
            while gated and not os.path.exists(folder + "/gate"):
                time.sleep(0.02)
            return value
        """,
        "noted");

    private readonly string _folder = Directory.CreateTempSubdirectory("daskk8s-resubmit-").FullName;
    private MortalDask _dask = null!;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => _dask = await MortalDask.StartAsync();

    public async ValueTask DisposeAsync()
    {
        await _dask.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public async Task ResultAsync_SchedulerReplacedBelowAChain_WhatIsNotGatheredRunsAgainInOrder()
    {
        LogCollector log = new();
        using ILoggerFactory factory = LoggerFactory.Create(builder => builder.AddProvider(log));
        ConcurrentBag<long> measured = [];
        using MeterListener meter = Listen(measured);
        await using DaskClient client = await ConnectAsync(Resubmitting with { LoggerFactory = factory });
        using DaskFuture<int> gathered = await NoteAsync(client, "gathered", 1);
        using DaskFuture<int> needed = await NoteAsync(client, "needed", 10);
        await client.GatherAsync([gathered, needed], null, Token).WaitAsync(Limit, Token);
        using DaskFuture<int> finished = await NoteAsync(client, "finished", 100);
        using DaskFuture<int> once = await client.SubmitAsync<int>(Noted, [_folder, "once", 0], new TaskOptions { ResubmitLostWork = false }, Token);
        await finished.WaitAsync(Token);
        await once.WaitAsync(Token);
        using DaskFuture<int> running = await NoteAsync(client, "running", 1000, gated: true);
        using DaskFuture<int> sum = await client.SubmitAsync<int>(Add, [needed, running], null, Token);
        using DaskFuture<int> total = await client.SubmitAsync<int>(Add, [sum, finished], null, Token);
        using DaskFuture<int> hopeless = await client.SubmitAsync<int>(Add, [once, running], null, Token);
        Task<int> result = total.ResultAsync(Limit, Token);
        await UntilRunningAsync("running");

        await _dask.RestartAsync();
        await UntilRunningAsync("running", times: 2);
        OpenGate();

        (await result).Should().Be(1110);
        (await finished.ResultAsync(Limit, Token)).Should().Be(100);
        await LostAsync(once, "*the scheduler restarted*");
        await LostAsync(hopeless, $"*it needs '{once.Key}'*");
        await LostAsync(gathered, "*its result was fetched before*");
        new[] { total, sum, running, finished, needed, gathered, once }.Select(static f => f.Attempts).Should().Equal(2, 2, 2, 2, 2, 1, 1);
        Runs().Should().BeEquivalentTo(["gathered", "needed", "needed", "finished", "finished", "once", "running", "running"]);
        log.Lines.Should().ContainSingle(static l => l.StartsWith("Warning 3014", StringComparison.Ordinal)).Which.Should().Contain("submitted 5 of its tasks again, 3 are lost");
        measured.Sum().Should().Be(5);
    }

    [Fact]
    public async Task GatherAsync_SchedulerReplacedTwiceMeanwhile_AllResultsArrive()
    {
        await using DaskClient client = await ConnectAsync(Resubmitting);
        using DaskFuture<int> gate = await NoteAsync(client, "gate", 1, gated: true);
        using DaskFutureList<int> futures = await client.StarMapAsync<int>(Add, Enumerable.Range(0, 3000).Select(i => (IReadOnlyList<object?>)[gate, i]), null, Token);
        Task<IReadOnlyList<int>> gathering = client.GatherAsync(futures, null, Token);
        await UntilRunningAsync("gate");

        await _dask.RestartAsync();
        await UntilRunningAsync("gate", times: 2);
        await _dask.RestartAsync();
        await UntilRunningAsync("gate", times: 3);
        OpenGate();

        (await gathering.WaitAsync(Limit, Token)).Should().Equal(Enumerable.Range(1, 3000));
        (gate.Attempts, futures[0].Attempts, futures[2999].Attempts).Should().Be((3, 3, 3));
    }

    [Fact]
    public async Task GatherAsync_WorkIsSubmittedWhileThereIsNoScheduler_RunsAfterWhatItNeeds()
    {
        await using DaskClient client = await ConnectAsync(Resubmitting);
        using DaskFuture<int> before = await NoteAsync(client, "before", 1);
        await before.WaitAsync(Token);

        await _dask.KillAsync();
        using DaskFutureList<int> after = await client.StarMapAsync<int>(Add, [[before, 1], [before, 2]], null, Token);
        Task<IReadOnlyList<int>> gathering = client.GatherAsync([before, .. after], null, Token);
        await _dask.StartSchedulerAsync();
        await _dask.StartWorkerAsync();

        (await gathering.WaitAsync(Limit, Token)).Should().Equal(1, 2, 3);
        (before.Attempts, after[0].Attempts).Should().Be((2, 1));
    }

    [Fact]
    public async Task ResultAsync_WhatItNeedsWasDisposed_RunsAgainAndIsForgottenThen()
    {
        await using DaskClient client = await ConnectAsync(Resubmitting);
        DaskFuture<int> lone = await NoteAsync(client, "lone", 1);
        await lone.WaitAsync(Token);
        lone.Dispose();
        DaskFuture<int> needed = await NoteAsync(client, "needed", 41);
        await needed.WaitAsync(Token);
        using DaskFuture<int> waiting = await NoteAsync(client, "waiting", 1, gated: true);
        using DaskFuture<int> sum = await client.SubmitAsync<int>(Add, [needed, waiting], null, Token);
        needed.Dispose();
        await UntilRunningAsync("waiting");

        await _dask.RestartAsync();
        await UntilRunningAsync("waiting", times: 2);
        OpenGate();

        (await sum.ResultAsync(Limit, Token)).Should().Be(42);
        Runs().Should().BeEquivalentTo(["lone", "needed", "needed", "waiting", "waiting"]);
        await Poll.UntilAsync(async () => (await client.WhoHasAsync([needed.Key], Token)).Values.All(static workers => workers.Count == 0));
    }

    [Fact]
    public async Task ResultAsync_ArgumentWasScattered_LostAndNamed()
    {
        await using DaskClient client = await ConnectAsync(Resubmitting);
        using DaskFuture<int> scattered = await client.ScatterAsync(1, null, null, Token);
        using DaskFuture<int> running = await NoteAsync(client, "running", 1, gated: true);
        using DaskFuture<int> sum = await client.SubmitAsync<int>(Add, [scattered, running], null, Token);
        using DaskFuture<int> total = await client.SubmitAsync<int>(Add, [sum, running], null, Token);
        await UntilRunningAsync("running");

        await _dask.RestartAsync();
        OpenGate();

        (await running.ResultAsync(Limit, Token)).Should().Be(1);
        await LostAsync(scattered, "*scattered value cannot be computed again*");
        await LostAsync(sum, $"*it needs '{scattered.Key}'*scattered*");
        await LostAsync(total, $"*it needs '{scattered.Key}'*scattered*");
    }

    [Fact]
    public async Task ResultAsync_SchedulerReplacedMoreOftenThanAllowed_LostAndSaysSo()
    {
        await using DaskClient client = await ConnectAsync(Resubmitting with { MaxAttempts = 2 });
        using DaskFuture<int> future = await NoteAsync(client, "future", 1, gated: true);
        using DaskFuture<int> needs = await client.SubmitAsync<int>(Add, [future, 1], null, Token);
        Task<int> result = future.ResultAsync(Limit, Token);
        await UntilRunningAsync("future");

        await _dask.RestartAsync();
        await UntilRunningAsync("future", times: 2);
        await _dask.RestartAsync();

        (await result.Awaiting(static r => r).Should().ThrowAsync<DaskTaskLostException>()).WithMessage("*submitted 2 times*MaxAttempts*");
        await LostAsync(needs, "*MaxAttempts*");
        future.Attempts.Should().Be(2);
        Runs().Should().HaveCount(2);
    }

    [Fact]
    public async Task DisposeAsync_WhileTheNewSchedulerIsWaitedFor_CallsEnd()
    {
        DaskClient client = await ConnectAsync(Resubmitting);
        DaskFuture<int> future = await NoteAsync(client, "future", 1, gated: true);
        Task<int> result = future.ResultAsync(Limit, Token);
        Task<IReadOnlyList<int>> gathering = client.GatherAsync([future], null, Token);
        await UntilRunningAsync("future");
        await _dask.KillAsync();

        await client.DisposeAsync().AsTask().WaitAsync(TimeSpan.FromSeconds(10), Token);

        await result.Awaiting(static r => r).Should().ThrowAsync<ObjectDisposedException>();
        await gathering.Awaiting(static r => r).Should().ThrowAsync<ObjectDisposedException>();
    }

    [Fact]
    public async Task ResultAsync_MoreThanIsKept_LostAndSaysSo()
    {
        await using DaskClient client = await ConnectAsync(Resubmitting with { MaxResubmitBytes = 2000 });
        using DaskFuture<int> kept = await NoteAsync(client, "kept", 1, gated: true);
        using DaskFuture<int> length = await client.SubmitAsync<int>(PythonFunction.FromName("builtins", "len"), [new byte[2000]], null, Token);
        await UntilRunningAsync("kept");

        await _dask.RestartAsync();
        OpenGate();

        (await kept.ResultAsync(Limit, Token)).Should().Be(1);
        await LostAsync(length, "*MaxResubmitBytes (2000 bytes)*");
    }

    [Fact]
    public async Task RunScriptAsync_SchedulerReplaced_RunsAgainAndPrintsAnew()
    {
        await using DaskClient client = await ConnectAsync(new DaskClientOptions());
        ConcurrentQueue<string> printed = new();
        Task<int> script = client.RunScriptAsync<int>(
            "import os, time\nprint('begun', flush=True)\nwhile not os.path.exists(folder + '/gate'): time.sleep(0.02)\n6 * 7",
            new Dictionary<string, object?> { ["folder"] = _folder },
            new TaskOptions { ResubmitLostWork = true },
            piece => printed.Enqueue(piece.Text),
            Token);
        await Poll.UntilAsync(() => Begun() == 1);

        await _dask.RestartAsync();
        await Poll.UntilAsync(() => Begun() == 2);
        OpenGate();

        (await script.WaitAsync(Limit, Token)).Should().Be(42);

        int Begun() => string.Concat(printed).Split("begun").Length - 1;
    }

    [Fact]
    public async Task ResultAsync_TaskIsBoundToAGroup_RunsOnItsNewWorkerAndWhatNeedsItFollows()
    {
        string? coming = null;
        await using DaskClient client = await DaskClient.ConnectAsync(
            SchedulerEndpoint.Parse(_dask.Address, null),
            Resubmitting,
            (_, _) => ValueTask.FromResult<IReadOnlyList<GroupWorkers>>(
                [new GroupWorkers("worker", Volatile.Read(ref coming) is { } only ? only.Length == 0 ? [] : [only] : [_dask.Worker], new Dictionary<string, double>(), true)]),
            Token);
        using DaskFuture<int> bound = await client.SubmitAsync<int>(Noted, [_folder, "bound", 1, true], new TaskOptions { WorkerGroup = "worker" }, Token);
        using DaskFuture<int> free = await NoteAsync(client, "free", 10, gated: true);
        using DaskFuture<int> sum = await client.SubmitAsync<int>(Add, [bound, free], null, Token);
        await UntilRunningAsync("bound");
        Volatile.Write(ref coming, string.Empty);
        await _dask.KillAsync();
        using DaskFuture<int> queued = await client.SubmitAsync<int>(Add, [sum, 100], null, Token);
        Task<int> result = queued.ResultAsync(Limit, Token);

        await _dask.StartSchedulerAsync();
        await _dask.StartWorkerAsync();
        OpenGate();
        (await free.ResultAsync(Limit, Token)).Should().Be(10);
        bound.Status.Should().Be(DaskFutureStatus.Pending);
        Volatile.Write(ref coming, _dask.Worker);

        (await result).Should().Be(111);
        (bound.Attempts, sum.Attempts, queued.Attempts).Should().Be((2, 2, 1));
    }

    private Task<DaskClient> ConnectAsync(DaskClientOptions options) => DaskClient.ConnectAsync(_dask.Address, options, Token);

    private Task<DaskFuture<int>> NoteAsync(DaskClient client, string name, int value, bool gated = false) =>
        client.SubmitAsync<int>(Noted, [_folder, name, value, gated], null, Token);

    private Task UntilRunningAsync(string name, int times = 1) => Poll.UntilAsync(() => Runs().Count(run => run == name) >= times);

    private void OpenGate() => File.WriteAllText(Path.Combine(_folder, "gate"), string.Empty);

    private string[] Runs() => File.Exists(Path.Combine(_folder, "runs")) ? File.ReadAllLines(Path.Combine(_folder, "runs")) : [];

    private static async Task LostAsync(DaskFuture<int> future, string message) =>
        (await future.Awaiting(static f => f.ResultAsync(Limit, Token)).Should().ThrowAsync<DaskTaskLostException>()).WithMessage(message);

    private MeterListener Listen(ConcurrentBag<long> measured)
    {
        MeterListener listener = new() { InstrumentPublished = static (i, l) => { if (i.Name == "daskk8s.tasks.resubmitted") { l.EnableMeasurementEvents(i); } } };
        listener.SetMeasurementEventCallback<long>((_, count, tags, _) =>
        {
            if (tags.ToArray().Any(t => _dask.Address.Equals(t.Value)))
            {
                measured.Add(count);
            }
        });
        listener.Start();
        return listener;
    }
}
