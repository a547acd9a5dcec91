using DaskK8s.Tests.Rigs.Dask;

namespace DaskK8s.Tests.Dask.Progress;

[Collection(DaskProcessesGroup.Name)]
public sealed class ProgressTests(DaskProcesses dask) : DaskClientTestBase(dask)
{
    [Fact]
    public async Task Progress_SeveralFunctions_CountsEachToItsEnd()
    {
        PythonFunction divide = PythonFunction.FromName("operator", "truediv");
        using DaskFutureList<int> negated = await Client.MapAsync<int>(PythonFunction.FromName("operator", "neg"), Enumerable.Range(0, 200), null, Token);
        using DaskFutureList<double> divided = await Client.StarMapAsync<double>(divide, [[1, 2], [1, 0], [3, 4]], null, Token);
        using DaskFuture<double> own = await Client.SubmitAsync<double>(divide, [5, 2], new TaskOptions { Key = $"mine-{negated[0].Key[4..8]}" }, Token);
        List<IReadOnlyList<DaskFunctionProgress>> seen = [];

        await foreach (IReadOnlyList<DaskFunctionProgress> counts in Client.Progress([.. negated, .. divided, own, negated[0]], Token))
        {
            seen.Add(counts);
        }

        seen[^1].Should().Equal(
            new DaskFunctionProgress("neg", new DaskProgress(200, 200, 0), 0),
            new DaskFunctionProgress("truediv", new DaskProgress(3, 2, 1), 0),
            new DaskFunctionProgress(own.Key, new DaskProgress(1, 1, 0), 0));
        seen.Should().OnlyContain(static counts => counts[0].Counts.Total == 200 && counts[0].Counts.Pending >= 0);
    }

    [Fact]
    public async Task Progress_TasksThatNoWorkerCanRun_CountAsStuckUntilCancelled()
    {
        TaskOptions options = new() { Resources = new Dictionary<string, double> { ["TPU"] = 1 } };
        using DaskFutureList<int> futures = await Client.MapAsync<int>(PythonFunction.FromName("operator", "neg"), new[] { 1, 2 }, options, Token);
        DaskFunctionProgress last = default;

        await foreach (IReadOnlyList<DaskFunctionProgress> counts in Client.Progress(futures, Token))
        {
            last = counts.Single();
            if (last.Stuck == 2)
            {
                last.Counts.Pending.Should().Be(2);
                await futures[0].CancelAsync(Token);
                await futures[1].CancelAsync(Token);
            }
        }

        last.Should().Be(new DaskFunctionProgress("neg", new DaskProgress(2, 0, 2), 0));
    }

    [Fact]
    public async Task Progress_ConsumerStops_LeavesNothingBehind()
    {
        using DaskFuture<object> slow = await Client.SubmitAsync<object>(PythonFunction.FromName("time", "sleep"), [1.0], null, Token);

        await foreach (IReadOnlyList<DaskFunctionProgress> counts in Client.Progress([slow], Token))
        {
            counts.Single().Counts.Total.Should().Be(1);
            break;
        }

        (await slow.WaitAsync(Token)).Should().Be(DaskFutureStatus.Finished);
    }

    [Fact]
    public async Task Progress_NoFutures_EndsAtOnce()
    {
        List<IReadOnlyList<DaskFunctionProgress>> seen = [];

        await foreach (IReadOnlyList<DaskFunctionProgress> counts in Client.Progress([], Token))
        {
            seen.Add(counts);
        }

        seen.Should().ContainSingle().Which.Should().BeEmpty();
    }
}
