using System.Net;
using System.Net.Sockets;

using DaskK8s.Dask.Tasks;
using DaskK8s.Tests.Rigs.Dask;

namespace DaskK8s.Tests.Dask;

[Collection(DaskProcessesGroup.Name)]
public sealed class DaskClientReattachTests(DaskProcesses dask)
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(180);
    private static readonly PythonFunction Add = PythonFunction.FromName("operator", "add");
    private static readonly PythonFunction Slow = PythonFunction.FromSource(
        "import time\ndef slow(seconds):\n    time.sleep(seconds)\n    return seconds\n", "slow");

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task ResultAsync_ConnectionCutWhileTasksRun_ResultsArrive()
    {
        CuttableEndpoint tunnel = new(dask.Address);
        await using DaskClient client = await DaskClient.ConnectAsync(tunnel.Endpoint, new DaskClientOptions(), null, Token);
        using DaskFutureList<double> futures = await client.MapAsync<double>(Slow, new[] { 1.0, 1.1, 1.2, 1.3 }, null, Token);
        int dialled = tunnel.Dialled;

        tunnel.Cut();
        IReadOnlyList<double> results = await client.GatherAsync(futures, null, Token).WaitAsync(Limit, Token);

        results.Should().Equal(1.0, 1.1, 1.2, 1.3);
        tunnel.Dialled.Should().BeGreaterThan(dialled);
    }

    [Fact]
    public async Task ResultAsync_TaskEndsWhileTheTunnelIsDown_ResultArrives()
    {
        CuttableEndpoint tunnel = new(dask.Address);
        await using DaskClient client = await DaskClient.ConnectAsync(tunnel.Endpoint, new DaskClientOptions(), null, Token);
        using DaskFuture<double> future = await client.SubmitAsync<double>(Slow, [0.2], null, Token);
        using DaskFuture<object> failing = await client.SubmitAsync<object>(Add, [1, "x"], null, Token);
        tunnel.Blocked = true;
        tunnel.Cut();
        using DaskFuture<int> meanwhile = await client.SubmitAsync<int>(Add, [20, 22], null, Token);
        await Task.Delay(TimeSpan.FromSeconds(1), Token);

        tunnel.Blocked = false;

        (await future.ResultAsync(Limit, Token)).Should().Be(0.2);
        (await meanwhile.ResultAsync(Limit, Token)).Should().Be(42);
        await failing.Awaiting(f => f.ResultAsync(Limit, Token)).Should().ThrowAsync<DaskTaskException>();
    }

    [Fact]
    public async Task MapAsync_ConnectionCutAgainAndAgain_EveryTaskRunsAndEveryResultArrives()
    {
        CuttableEndpoint tunnel = new(dask.Address);
        await using DaskClient client = await DaskClient.ConnectAsync(tunnel.Endpoint, new DaskClientOptions(), null, Token);
        using CancellationTokenSource done = CancellationTokenSource.CreateLinkedTokenSource(Token);
        Task cutter = Task.Run(
            async () =>
            {
                for (int cut = 0; cut < 12 && !done.IsCancellationRequested; cut++)
                {
                    await Task.Delay(80);
                    tunnel.Cut();
                }
            },
            Token);

        using DaskFutureList<int> futures = await client.StarMapAsync<int>(
            Add, Enumerable.Range(0, 6000).Select(i => (IReadOnlyList<object?>)[i, 1]), null, Token);
        IReadOnlyList<DaskFutureStatus> statuses = await Task.WhenAll(futures.Select(f => f.WaitAsync(Token))).WaitAsync(Limit, Token);
        await done.CancelAsync();
        await cutter;
        IReadOnlyList<int> results = await client.GatherAsync(futures, null, Token).WaitAsync(Limit, Token);

        statuses.Should().OnlyContain(s => s == DaskFutureStatus.Finished);
        results.Should().Equal(Enumerable.Range(1, 6000));
    }

    [Fact]
    public async Task ResultAsync_SchedulerRestarted_ToldClearlyAndNewWorkRuns()
    {
        int port = FreePort();
        string address = $"tcp://127.0.0.1:{port}";
        await using DaskProcess first = await DaskProcess.StartSchedulerAsync("--host", "127.0.0.1", "--port", $"{port}");
        await using DaskProcess worker = await DaskProcess.StartWorkerAsync(address, "w-0");
        await using DaskClient client = await DaskClient.ConnectAsync(address, null, Token);
        DaskFuture<int> finished = await client.SubmitAsync<int>(Add, [1, 2], null, Token);
        await finished.WaitAsync(Token);
        DaskFuture<double> running = await client.SubmitAsync<double>(Slow, [30.0], null, Token);
        // The scheduler first: one that loses its worker says that nobody can run the task, which is another case.
        await first.KillAsync();
        await worker.KillAsync();

        await using DaskProcess second = await DaskProcess.StartSchedulerAsync("--host", "127.0.0.1", "--port", $"{port}");
        await using DaskProcess again = await DaskProcess.StartWorkerAsync(address, "w-1");

        DaskTaskLostException error = (await running.Awaiting(f => f.ResultAsync(Limit, Token)).Should().ThrowAsync<DaskTaskLostException>()).Which;
        error.Message.Should().Contain("restarted").And.Contain("Submit it again");
        error.Status.Should().Be(DaskFutureStatus.Lost);
        await finished.Awaiting(f => f.ResultAsync(Limit, Token)).Should().ThrowAsync<DaskTaskLostException>();
        using DaskFuture<int> anew = await client.SubmitAsync<int>(Add, [40, 2], null, Token);
        (await anew.ResultAsync(Limit, Token)).Should().Be(42);
    }

    [Fact]
    public async Task ResultAsync_SchedulerGoneForGood_ToldAfterTheTimeToReattach()
    {
        CuttableEndpoint tunnel = new(dask.Address);
        await using DaskClient client = await DaskClient.ConnectAsync(
            tunnel.Endpoint, new DaskClientOptions { ReattachWithin = TimeSpan.FromSeconds(0.5) }, null, Token);
        using DaskFuture<double> future = await client.SubmitAsync<double>(Slow, [0.5], null, Token);
        tunnel.Blocked = true;
        tunnel.Cut();

        Func<Task> wait = () => future.ResultAsync(Limit, Token);

        (await wait.Should().ThrowAsync<SchedulerUnreachableException>()).WithMessage("*was given up*");
    }

    [Fact]
    public async Task SubmitAsync_SchedulerGoneForGood_WhatWasQueuedIsGivenUpToo()
    {
        CuttableEndpoint tunnel = new(dask.Address);
        await using DaskClient client = await DaskClient.ConnectAsync(
            tunnel.Endpoint, new DaskClientOptions { ReattachWithin = TimeSpan.FromSeconds(0.5) }, null, Token);
        tunnel.Blocked = true;
        tunnel.Cut();
        DaskFuture<int>[] futures = await Task.WhenAll(Enumerable.Range(0, 100).Select(i => client.SubmitAsync<int>(Add, [i, 1], null, Token)));

        foreach (DaskFuture<int> future in futures)
        {
            Func<Task> wait = () => future.ResultAsync(Limit, Token);
            (await wait.Should().ThrowAsync<SchedulerUnreachableException>()).WithMessage("*was given up*");
        }
    }

    private static int FreePort()
    {
        using TcpListener listener = new(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
