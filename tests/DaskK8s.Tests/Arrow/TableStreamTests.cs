using Apache.Arrow;

using DaskK8s.Tests.Rigs.Dask;

namespace DaskK8s.Tests.Arrow;

/// <summary>Streams of record batches: who reads one holds its task, and nothing stays when nobody does.</summary>
public sealed class TableStreamTests(ArrowProcesses dask) : IClassFixture<ArrowProcesses>, IAsyncLifetime
{
    private const int Rows = 4_000_000;

    private const string Large = "import pandas\ndef make():\n    return pandas.DataFrame({'a': range(4_000_000), 'b': 1.5})\n";

    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(120);

    private DaskClient _client = null!;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => _client = await DaskClient.ConnectAsync(dask.Address, DaskTables.WithTables(null), Token);

    public async ValueTask DisposeAsync() => await (_client?.DisposeAsync() ?? ValueTask.CompletedTask);

    [Fact]
    public async Task RunScriptAsync_StreamThatIsRead_ComesWholeAndIsThenReleased()
    {
        IAsyncEnumerable<RecordBatch> stream = await RunAsync();
        (int batches, long rows) = (0, 0);

        await foreach (RecordBatch batch in stream.WithCancellation(Token))
        {
            batches++;
            rows += batch.Length;
        }

        batches.Should().BeGreaterThan(10);
        rows.Should().Be(Rows);
        await ArrowProcesses.ExpectNothingLeftAsync(_client);
        Func<Task> again = async () => await stream.FirstAsync(Token);
        (await again.Should().ThrowAsync<DaskTransferException>()).WithMessage("*was released*Run the task again*");
    }

    [Fact]
    public async Task RunScriptAsync_EnumerationThatIsLeft_ReleasesTheTask()
    {
        IAsyncEnumerable<RecordBatch> stream = await RunAsync();

        (await stream.FirstAsync(Token)).Length.Should().BePositive();

        await ArrowProcesses.ExpectNothingLeftAsync(_client);
    }

    [Fact]
    public async Task RunScriptAsync_EnumerationThatIsCancelled_ReleasesTheTask()
    {
        IAsyncEnumerable<RecordBatch> stream = await RunAsync();
        using CancellationTokenSource cancelling = CancellationTokenSource.CreateLinkedTokenSource(Token);

        Func<Task> read = async () =>
        {
            await foreach (RecordBatch _ in stream.WithCancellation(cancelling.Token))
            {
                await cancelling.CancelAsync();
            }
        };

        await read.Should().ThrowAsync<OperationCanceledException>();
        await ArrowProcesses.ExpectNothingLeftAsync(_client);
    }

    [Fact]
    public async Task RunScriptAsync_StreamThatNobodyReads_IsReleasedWhenItIsCollected()
    {
        await RunAsync();

        await ArrowProcesses.ExpectNothingLeftAsync(_client);
    }

    [Fact]
    public async Task GatherAsync_StreamOfFutures_GivesStreamsThatOutliveThem()
    {
        IAsyncEnumerable<DaskFuture<IAsyncEnumerable<RecordBatch>>> futures = _client.MapAsync<IAsyncEnumerable<RecordBatch>>(
            PythonFunction.FromSource("import pandas\ndef make(n):\n    return pandas.DataFrame({'a': range(n)})\n", "make"), Inputs(), null, Token);
        long rows = 0;

        await foreach (IAsyncEnumerable<RecordBatch> stream in _client.GatherAsync(futures, cancellationToken: Token))
        {
            await foreach (RecordBatch batch in stream.WithCancellation(Token))
            {
                rows += batch.Length;
            }
        }

        rows.Should().Be(2_000_003);
        await ArrowProcesses.ExpectNothingLeftAsync(_client);

        static async IAsyncEnumerable<object?> Inputs()
        {
            foreach (int rows in new[] { 1_000_000, 1_000_000, 3 })
            {
                yield return rows;
            }

            await Task.CompletedTask;
        }
    }

    [Fact]
    public async Task ResultAsync_FutureDisposedWhileItsStreamIsRead_ReadsOn()
    {
        DaskFuture<IAsyncEnumerable<RecordBatch>> future = await _client.SubmitAsync<IAsyncEnumerable<RecordBatch>>(PythonFunction.FromSource(Large, "make"), [], null, Token);
        IAsyncEnumerable<RecordBatch> stream = await future.ResultAsync(Limit, Token);
        (await stream.FirstAsync(Token)).Length.Should().BePositive("the future holds the task: it can be read again");
        long rows = 0;

        await foreach (RecordBatch batch in stream.WithCancellation(Token))
        {
            future.Dispose();
            rows += batch.Length;
        }

        rows.Should().Be(Rows);
        await ArrowProcesses.ExpectNothingLeftAsync(_client);
    }

    private Task<IAsyncEnumerable<RecordBatch>> RunAsync() => _client.RunScriptAsync<IAsyncEnumerable<RecordBatch>>(Large + "make()", cancellationToken: Token);
}
