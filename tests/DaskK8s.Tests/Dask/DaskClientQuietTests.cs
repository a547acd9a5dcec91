using DaskK8s.Adaptive;
using DaskK8s.Dask.Rpc;
using DaskK8s.Tests.Dask.Rpc;
using DaskK8s.Tests.Rigs.Dask;

namespace DaskK8s.Tests.Dask;

/// <summary>What is normal leaves no traceback in the logs of schedulers and workers.</summary>
public sealed class DaskClientQuietTests
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);
    private static readonly PythonFunction Add = PythonFunction.FromName("operator", "add");

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task ResultAsync_WorkersThatMetNoTaskOfOurs_LogNothingUnusual()
    {
        await using DaskProcess scheduler = await DaskProcess.StartSchedulerAsync();
        await using DaskProcess first = await DaskProcess.StartWorkerAsync(scheduler.Address, "first");
        await using (DaskClient client = await DaskClient.ConnectAsync(scheduler.Address, null, Token))
        {
            using DaskFuture<int> future = await client.SubmitAsync<int>(Add, [1, 2], null, Token);
            (await future.ResultAsync(Limit, Token)).Should().Be(3);
            using DaskFuture<int> moved = await client.SubmitAsync<int>(Add, [3, 4], null, Token);
            await moved.WaitAsync(Token);

            // A worker that holds a result of ours without having run a task of ours.
            await using DaskProcess second = await DaskProcess.StartWorkerAsync(scheduler.Address, "second");
            string old = (await client.GetSchedulerInfoAsync(Token)).Workers.Single(static w => w.Name == "first").Address;
            await client.RetireWorkersAsync([old], Limit, Token);
            (await moved.ResultAsync(Limit, Token)).Should().Be(7);
            (await client.RunScriptAsync<int>("1 + 1", cancellationToken: Token)).Should().Be(2);

            AssertQuiet(second.Log);
        }

        AssertQuiet(first.Log);
        AssertQuiet(scheduler.Log);
    }

    [Fact]
    public async Task ReadAsync_OneClientAfterAnother_LogNothingUnusual()
    {
        await using DaskProcess scheduler = await DaskProcess.StartSchedulerAsync();
        for (int client = 0; client < 2; client++)
        {
            await using SchedulerRpc rpc = SchedulerRpcTests.Create(scheduler.Address);
            DemandReader reader = new(rpc);
            await reader.ReadAsync(TimeSpan.FromSeconds(5), Token);
            await reader.ReadAsync(TimeSpan.FromSeconds(5), Token);
            await rpc.SummaryAsync(Token);
        }

        AssertQuiet(scheduler.Log);
        scheduler.Log.Split("Run out-of-band function").Should().HaveCount(5, "each client puts two modules there, once");
    }

    private static void AssertQuiet(string log) =>
        log.Should().NotContain("Traceback").And.NotContain("Error").And.NotContain("No handler").And.NotContain("Warning");
}
