using DaskK8s.Tests.Rigs.Dask;

using Microsoft.Extensions.Logging;

namespace DaskK8s.Tests.Dask;

/// <summary>User code that throws harms its own call, and nothing else.</summary>
[Collection(DaskProcessesGroup.Name)]
public sealed class DaskClientCallbackTests(DaskProcesses dask) : DaskClientTestBase(dask)
{
    private static readonly PythonFunction Negate = PythonFunction.FromName("operator", "neg");

    private readonly DaskProcesses _dask = dask;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task GatherAsync_ProgressThrows_FailsThatCallOnly(bool atTheEnd)
    {
        using DaskFutureList<int> futures = await Client.MapAsync<int>(Negate, Enumerable.Range(0, 200), null, Token);
        Refusal refusal = new(count => !atTheEnd || count.Pending == 0);

        Func<Task> gather = () => Client.GatherAsync(futures, refusal, Token);

        (await gather.Should().ThrowAsync<NotSupportedException>()).WithMessage("no room for counts");
        refusal.Calls.Should().Be(atTheEnd ? refusal.Calls : 1, "a callback that threw is not called again");
        (await Client.GatherAsync(futures, null, Token)).Should().Equal(Enumerable.Range(0, 200).Select(static i => -i));
    }

    [Fact]
    public async Task GatherAsync_Ended_ReportsNothingMore()
    {
        for (int round = 0; round < 20; round++)
        {
            using DaskFutureList<int> futures = await Client.MapAsync<int>(Negate, Enumerable.Range(0, 50), null, Token);
            Refusal counts = new(static _ => false);

            await Client.GatherAsync(futures, counts, Token);
            int calls = counts.Calls;
            futures.Dispose();
            using DaskFuture<int> next = await Client.SubmitAsync<int>(Negate, [round], null, Token);
            await next.ResultAsync(Limit, Token);

            counts.Calls.Should().Be(calls);
        }
    }

    [Fact]
    public async Task ResultAsync_LoggerThrowsWhileTheConnectionIsReplaced_ResultArrives()
    {
        CuttableEndpoint tunnel = new(_dask.Address);
        using LoggerFactory factory = new([new FullDisk()]);
        await using DaskClient client = await DaskClient.ConnectAsync(tunnel.Endpoint, new DaskClientOptions { LoggerFactory = factory }, null, Token);
        tunnel.Cut();

        using DaskFuture<int> future = await client.SubmitAsync<int>(Negate, [3], null, Token);

        (await future.ResultAsync(Limit, Token)).Should().Be(-3);
    }

    private sealed class Refusal(Func<DaskProgress, bool> refuses) : IProgress<DaskProgress>
    {
        private int _calls;

        public int Calls => Volatile.Read(ref _calls);

        public void Report(DaskProgress value)
        {
            Interlocked.Increment(ref _calls);
            if (refuses(value))
            {
                throw new NotSupportedException("no room for counts");
            }
        }
    }

    private sealed class FullDisk : ILoggerProvider, ILogger
    {
        public ILogger CreateLogger(string categoryName) => this;

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            throw new IOException("No space left on device");

        public void Dispose()
        {
        }
    }
}
