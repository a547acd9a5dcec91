using DaskK8s.Tests.Rigs.Dask;

namespace DaskK8s.Tests.Dask;

/// <summary>What a client that ends leaves on the scheduler: nothing, whatever the way there drops.</summary>
[Collection(DaskProcessesGroup.Name)]
public sealed class DaskClientCloseTests(DaskProcesses dask) : DaskClientTestBase(dask)
{
    private const string WaitsForGate = """
        from distributed import Event

        print("waiting", flush=True)
        Event(gate).wait(120)
        """;

    private static readonly PythonFunction Add = PythonFunction.FromName("operator", "add");

    private readonly DaskProcesses _dask = dask;

    [Fact]
    public async Task DisposeAsync_WayThatDropsWhatIsUnderWay_ItsResultsAreForgotten()
    {
        CuttableEndpoint tunnel = new(_dask.Address) { Latency = TimeSpan.FromMilliseconds(50) };
        DaskClient client = await DaskClient.ConnectAsync(tunnel.Endpoint, new DaskClientOptions(), null, Token);
        DaskFuture<int> future = await client.SubmitAsync<int>(Add, [1, 2], null, Token);
        await future.WaitAsync(Token);

        await client.DisposeAsync();

        (await IsKnownAsync(future.Key)).Should().BeFalse();
    }

    [Fact]
    public async Task DisposeAsync_ConnectionIsCut_ItsResultsAreForgotten()
    {
        CuttableEndpoint tunnel = new(_dask.Address);
        DaskClient client = await DaskClient.ConnectAsync(tunnel.Endpoint, new DaskClientOptions(), null, Token);
        DaskFuture<int> future = await client.SubmitAsync<int>(Add, [1, 2], null, Token);
        await future.WaitAsync(Token);

        tunnel.Cut();
        await client.DisposeAsync();

        (await IsKnownAsync(future.Key)).Should().BeFalse();
    }

    [Fact]
    public async Task RunScriptAsync_Cancelled_ItsTaskIsForgottenWhileTheProgramStillRuns()
    {
        CuttableEndpoint tunnel = new(_dask.Address) { Latency = TimeSpan.FromMilliseconds(50) };
        string key = $"script-{Guid.NewGuid():N}";
        using CancellationTokenSource stop = CancellationTokenSource.CreateLinkedTokenSource(Token);
        DaskClient client = await DaskClient.ConnectAsync(tunnel.Endpoint, new DaskClientOptions(), null, Token);

        Func<Task> run = () => client.RunScriptAsync<object>(
            WaitsForGate, new Dictionary<string, object?> { ["gate"] = key }, new TaskOptions { Key = key }, _ => stop.CancelAsync(), stop.Token);
        await run.Should().ThrowAsync<OperationCanceledException>();
        await client.DisposeAsync();

        (await IsKnownAsync(key)).Should().BeFalse();
        await OpenAsync(key);
    }

    [Fact]
    public async Task RunScriptAsync_ListenerThrows_EndsThatCallAndNothingElse()
    {
        CuttableEndpoint tunnel = new(_dask.Address);
        string key = $"script-{Guid.NewGuid():N}";
        await using DaskClient client = await DaskClient.ConnectAsync(tunnel.Endpoint, new DaskClientOptions(), null, Token);
        using DaskFuture<int> other = await client.SubmitAsync<int>(Add, [1, 2], null, Token);
        await other.WaitAsync(Token);
        int dialled = tunnel.Dialled;

        Func<Task> run = () => client.RunScriptAsync<object>(
            WaitsForGate,
            new Dictionary<string, object?> { ["gate"] = key },
            new TaskOptions { Key = key },
            static _ => throw new InvalidOperationException("no room"),
            Token);

        (await run.Should().ThrowAsync<InvalidOperationException>()).WithMessage("no room");
        while (await IsKnownAsync(key))
        {
            await Task.Delay(20, Token);
        }

        (await other.ResultAsync(Limit, Token)).Should().Be(3);
        tunnel.Dialled.Should().Be(dialled, "the session's connection is still the same");
        await OpenAsync(key);
    }

    /// <summary>Asks the scheduler whether it has a task.</summary>
    private Task<bool> IsKnownAsync(string key) => Client.RunScriptAsync<bool>(
        "client.run_on_scheduler(lambda dask_scheduler: key in dask_scheduler.tasks)",
        new Dictionary<string, object?> { ["key"] = key },
        cancellationToken: Token);

    /// <summary>Lets a program end that runs on for nothing.</summary>
    private async Task OpenAsync(string gate)
    {
        using DaskFuture<object> opener = await Client.SubmitAsync<object>(
            PythonFunction.FromSource("from distributed import Event\ndef open_gate(name):\n    Event(name).set()\n", "open_gate"), [gate], null, Token);
        await opener.ResultAsync(Limit, Token);
    }
}
