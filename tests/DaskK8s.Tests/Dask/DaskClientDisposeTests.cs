using DaskK8s.Tests.Rigs.Dask;

namespace DaskK8s.Tests.Dask;

/// <summary>Disposing a client ends all that waits on it, and nothing is blamed on the workers.</summary>
[Collection(DaskProcessesGroup.Name)]
public sealed class DaskClientDisposeTests(DaskProcesses dask)
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);
    private static readonly PythonFunction Add = PythonFunction.FromName("operator", "add");
    private static readonly PythonFunction Slow = PythonFunction.FromName("time", "sleep");

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public static TheoryData<string> Calls => ["result", "result with a limit", "wait", "gather", "completed", "script"];

    [Fact]
    public async Task DisposeAsync_SubmissionsWaitForAGoneScheduler_AllEnd()
    {
        for (int round = 0; round < 5; round++)
        {
            CuttableEndpoint tunnel = new(dask.Address);
            DaskClient client = await DaskClient.ConnectAsync(tunnel.Endpoint, new DaskClientOptions(), null, Token);
            tunnel.Blocked = true;
            tunnel.Cut();
            Task<DaskFuture<int>>[] submissions = [.. Enumerable.Range(0, 200).Select(i => Task.Run(() => client.SubmitAsync<int>(Add, [i, 1], null, Token), Token))];
            while (submissions.Count(static s => s.IsCompletedSuccessfully) < 100)
            {
                await Task.Delay(10, Token);
            }

            await client.DisposeAsync();
            await Task.WhenAll(submissions).WaitAsync(Limit, Token).ContinueWith(static _ => { }, TaskScheduler.Default);

            submissions.Should().OnlyContain(static s => s.IsCompleted);
            submissions.Where(static s => s.IsFaulted).Select(static s => s.Exception!.InnerException)
                .Should().NotBeEmpty().And.AllBeOfType<ObjectDisposedException>();
        }
    }

    [Theory]
    [MemberData(nameof(Calls))]
    public async Task DisposeAsync_CallUnderWay_EndsItAsDisposed(string call)
    {
        DaskClient client = await DaskClient.ConnectAsync(dask.Address, null, Token);
        DaskFutureList<object> futures = await client.MapAsync<object>(Slow, new[] { 3.0, 3.1 }, null, Token);
        Task running = call switch
        {
            "result" => futures[0].ResultAsync(null, Token),
            "result with a limit" => futures[0].ResultAsync(TimeSpan.FromMinutes(1), Token),
            "wait" => futures[0].WaitAsync(Token),
            "gather" => client.GatherAsync(futures, null, Token),
            "completed" => CountAsync(client.AsCompletedAsync(futures, Token)),
            _ => client.RunScriptAsync<object>("import time\ntime.sleep(3)", cancellationToken: Token),
        };

        await client.DisposeAsync();

        await FluentActions.Awaiting(() => running.WaitAsync(Limit, Token)).Should().ThrowAsync<ObjectDisposedException>();
        await FluentActions.Awaiting(() => client.SubmitAsync<int>(Add, [1, 2], null, Token)).Should().ThrowAsync<ObjectDisposedException>();
        await FluentActions.Awaiting(() => client.GetSchedulerInfoAsync(Token)).Should().ThrowAsync<ObjectDisposedException>();
    }

    private static async Task<int> CountAsync(IAsyncEnumerable<DaskFuture<object>> futures)
    {
        int count = 0;
        await foreach (DaskFuture<object> future in futures)
        {
            count += future.Status == DaskFutureStatus.Finished ? 1 : 0;
        }

        return count;
    }
}
