using DaskK8s.Tests.Rigs.Dask;

namespace DaskK8s.Tests.Dask.Data;

/// <summary>Transfers that something cuts short.</summary>
public sealed class TransferFaultTests
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(90);

    private static readonly PythonFunction Make = PythonFunction.FromSource("def make(n):\n    import numpy\n    return numpy.arange(float(n))\n", "make");

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task ResultAsync_WorkerDiesInTheMiddle_ResultIsComputedAnewAndArrives()
    {
        await using DaskProcess scheduler = await DaskProcess.StartSchedulerAsync();
        await using DaskProcess first = await DaskProcess.StartWorkerAsync(scheduler.Address, "first");
        await using DaskClient client = await DaskClient.ConnectAsync(scheduler.Address, null, Token);
        using DaskFuture<double[]> future = await client.SubmitAsync<double[]>(Make, [8_000_000], null, Token);
        await future.WaitAsync(Token);
        await using DaskProcess second = await DaskProcess.StartWorkerAsync(scheduler.Address, "second");

        Task killed = Task.CompletedTask;
        double[] result = await future.ResultAsync(new Once(() => killed = first.KillAsync()), Limit, Token);

        await killed;
        result.Should().HaveCount(8_000_000);
        result[^1].Should().Be(7_999_999);
    }

    [Fact]
    public async Task ScatterAsync_WorkerDiesInTheMiddle_GoesToAnother()
    {
        await using DaskProcess scheduler = await DaskProcess.StartSchedulerAsync();
        await using DaskProcess one = await DaskProcess.StartWorkerAsync(scheduler.Address, "one");
        await using DaskProcess two = await DaskProcess.StartWorkerAsync(scheduler.Address, "two");
        await using DaskClient client = await DaskClient.ConnectAsync(scheduler.Address, null, Token);
        double[] values = new double[8_000_000];
        values[^1] = 1;
        // They take turns by their addresses.
        string first = (await client.GetSchedulerInfoAsync(Token)).Workers.OrderBy(static w => w.Address, StringComparer.Ordinal).Last().Name;
        Task killed = Task.CompletedTask;

        using DaskFuture<double[]> future = await client.ScatterAsync(values, null, new Once(() => killed = (first == "one" ? one : two).KillAsync()), Token);

        await killed;
        IReadOnlyDictionary<string, IReadOnlyList<string>> holders = await client.WhoHasAsync([future.Key], Token);
        (await client.GetSchedulerInfoAsync(Token)).Workers.Single(w => w.Address == holders[future.Key].Single()).Name.Should().NotBe(first);
        (await future.ResultAsync(Limit, Token)).AsSpan().SequenceEqual(values).Should().BeTrue();
    }

    [Fact]
    public async Task ResultAsync_ScatteredValueIsLostWithItsWorker_ToldAsLost()
    {
        await using DaskProcess scheduler = await DaskProcess.StartSchedulerAsync();
        await using DaskProcess first = await DaskProcess.StartWorkerAsync(scheduler.Address, "first");
        await using DaskProcess second = await DaskProcess.StartWorkerAsync(scheduler.Address, "second");
        await using DaskClient client = await DaskClient.ConnectAsync(scheduler.Address, null, Token);
        using DaskFuture<int[]> future = await client.ScatterAsync(new[] { 1, 2 }, new ScatterOptions { Workers = ["first"] }, cancellationToken: Token);

        await first.KillAsync();

        Func<Task> result = () => future.ResultAsync(Limit, Token);
        await result.Should().ThrowAsync<DaskTaskLostException>();
    }

    [Fact]
    public async Task ResultAsync_TunnelIsCutInTheMiddle_TellsOrArrives()
    {
        await using DaskProcess scheduler = await DaskProcess.StartSchedulerAsync();
        await using DaskProcess worker = await DaskProcess.StartWorkerAsync(scheduler.Address, "first");
        CuttableEndpoint tunnel = new(scheduler.Address);
        await using DaskClient client = await DaskClient.ConnectAsync(tunnel.Endpoint, new DaskClientOptions(), null, Token);
        using DaskFuture<double[]> future = await client.SubmitAsync<double[]>(Make, [8_000_000], null, Token);

        double[] result = await future.ResultAsync(new Once(tunnel.Cut), Limit, Token);

        result.Should().HaveCount(8_000_000);
        result[^1].Should().Be(7_999_999);
    }

    private sealed class Once(Action action) : IProgress<DaskTransferProgress>
    {
        private int _done;

        public void Report(DaskTransferProgress value)
        {
            if (Interlocked.Exchange(ref _done, 1) == 0)
            {
                action();
            }
        }
    }
}
