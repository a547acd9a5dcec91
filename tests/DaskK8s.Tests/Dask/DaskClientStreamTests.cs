using DaskK8s.Tests.Rigs;
using DaskK8s.Tests.Rigs.Dask;

namespace DaskK8s.Tests.Dask;

[Collection(DaskProcessesGroup.Name)]
public sealed class DaskClientStreamTests(DaskProcesses dask)
{
    private static readonly PythonFunction Negate = PythonFunction.FromName("operator", "neg");
    private static readonly PythonFunction Invert = PythonFunction.FromSource("def invert(x):\n    return 1 // x\n", "invert");

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task GatherAsync_StreamOfManyInputs_GivesResultsInOrderAndKeepsFewOutstanding()
    {
        await using DaskClient client = await DaskClient.ConnectAsync(dask.Address, null, Token);
        int given = 0;
        int most = 0;
        async IAsyncEnumerable<object?> InputsAsync()
        {
            for (int i = 0; i < 6000; i++)
            {
                given++;
                yield return i;
            }

            await Task.CompletedTask;
        }

        int received = 0;
        await foreach (int result in client.GatherAsync(client.MapAsync<int>(Negate, InputsAsync(), null, Token), 1000, Token))
        {
            result.Should().Be(-received++);
            most = Math.Max(most, given - received);
        }

        received.Should().Be(6000);
        most.Should().BeLessThan(2500, "a thousand are outstanding, and some hundreds are read ahead");
    }

    [Fact]
    public async Task GatherAsync_StreamThatWaits_GivesWhatIsThereAtOnce()
    {
        await using DaskClient client = await DaskClient.ConnectAsync(dask.Address, null, Token);
        TaskCompletionSource first = new();
        async IAsyncEnumerable<object?> InputsAsync()
        {
            yield return 1;
            await first.Task;
            yield return 2;
        }

        List<int> results = [];
        await foreach (int result in client.GatherAsync(client.MapAsync<int>(Negate, InputsAsync(), null, Token), cancellationToken: Token))
        {
            results.Add(result);
            first.TrySetResult();
        }

        results.Should().Equal(-1, -2);
    }

    [Fact]
    public async Task GatherAsync_TaskThatFails_GivesTheErrorAndLetsGoOfTheRest()
    {
        await using DaskClient client = await DaskClient.ConnectAsync(dask.Address, null, Token);
        List<string> keys = [];
        async IAsyncEnumerable<DaskFuture<int>> FuturesAsync()
        {
            await foreach (DaskFuture<int> future in client.MapAsync<int>(Invert, Enumerable.Range(0, 50).Reverse().Select(static i => (object?)i).ToAsyncEnumerable(), null, Token))
            {
                keys.Add(future.Key);
                yield return future;
            }
        }

        Func<Task> gather = async () =>
        {
            await foreach (int result in client.GatherAsync(FuturesAsync(), 20, Token))
            {
            }
        };

        (await gather.Should().ThrowAsync<DaskTaskException>()).WithMessage("*ZeroDivisionError*");
        keys.Should().HaveCount(50);
        await Poll.UntilAsync(async () => (await client.WhoHasAsync(keys, Token)).Values.All(static holders => holders.Count == 0));
    }
}
