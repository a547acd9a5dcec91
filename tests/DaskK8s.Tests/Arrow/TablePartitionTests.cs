using Apache.Arrow;

using DaskK8s.Tests.Rigs.Dask;

namespace DaskK8s.Tests.Arrow;

/// <summary>Dask collections that come partition by partition, while they are computed.</summary>
public sealed class TablePartitionTests(ArrowProcesses dask) : IClassFixture<ArrowProcesses>, IAsyncLifetime
{
    private const string Prologue =
        """
        import dask, dask.bag, dask.dataframe as dd, pandas
        from distributed import get_worker

        def make(columns, said=None):
            if said is not None:
                get_worker().log_event("made", said)
            return pandas.DataFrame(columns)

        def gather(partitions, meta):
            return dd.from_delayed([dask.delayed(make)(columns, said) for said, columns in enumerate(partitions)], meta=pandas.DataFrame(meta), verify_meta=False)


        """;

    private DaskClient _client = null!;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => _client = await DaskClient.ConnectAsync(dask.Address, DaskTables.WithTables(null), Token);

    public async ValueTask DisposeAsync() => await (_client?.DisposeAsync() ?? ValueTask.CompletedTask);

    [Fact]
    public async Task RunScriptAsync_DaskDataframe_GivesItsPartitionsInOrder()
    {
        List<RecordBatch> batches = await ReadAsync("dd.from_pandas(pandas.DataFrame({'n': range(1000), 't': 'text'}), npartitions=20)");

        batches.Should().HaveCount(20);
        batches.SelectMany(static b => ((Int64Array)b.Column("n")).ToArray()).Should().Equal(Enumerable.Range(0, 1000).Select(static i => (long?)i));
        await ArrowProcesses.ExpectNothingLeftAsync(_client);
    }

    [Fact]
    public async Task RunScriptAsync_PartitionLargerThanAPiece_ComesInSeveralBatches()
    {
        List<RecordBatch> batches = await ReadAsync("dd.from_pandas(pandas.DataFrame({'n': range(2_000_000)}), npartitions=2)");

        batches.Should().HaveCountGreaterThan(3);
        batches.Sum(static b => b.Length).Should().Be(2_000_000);
    }

    [Fact]
    public async Task RunScriptAsync_ReaderWhoTakesHisTime_IsNotLeftBehind()
    {
        string topic = Guid.NewGuid().ToString("N");
        int read = 0, ahead = 0;

        await foreach (RecordBatch _ in (await StreamAsync(Prologue.Replace("made", topic, StringComparison.Ordinal) + "gather([{'n': [i]} for i in range(80)], {'n': [0]})")).WithCancellation(Token))
        {
            read++;
            ahead = Math.Max(ahead, await CountAsync(topic) - read);
        }

        read.Should().Be(80);
        ahead.Should().BeLessThan(30, "the cluster computes a few partitions ahead of the reader, not all of them");
    }

    [Fact]
    public async Task RunScriptAsync_WhatPartitionsShare_IsComputedOnce()
    {
        string topic = Guid.NewGuid().ToString("N");

        List<RecordBatch> batches = await ReadAsync(
            "shared = dask.delayed(make)({'n': [7]}, 'shared')\n" +
            "dd.from_delayed([dask.delayed(lambda frame, i: frame + i)(shared, i) for i in range(40)], meta=pandas.DataFrame({'n': [0]}))",
            topic);

        batches.Sum(static b => ((Int64Array)b.Column("n")).GetValue(0)).Should().Be((40 * 7) + (40 * 39 / 2));
        (await CountAsync(topic)).Should().Be(1);
        await ArrowProcesses.ExpectNothingLeftAsync(_client);
    }

    [Fact]
    public async Task RunScriptAsync_ShuffledDataframe_ComesWhole()
    {
        List<RecordBatch> batches = await ReadAsync("dd.from_pandas(pandas.DataFrame({'n': range(1000), 'k': [i % 17 for i in range(1000)]}), npartitions=12).shuffle('k')");

        batches.SelectMany(static b => ((Int64Array)b.Column("n")).ToArray()).Order().Should().Equal(Enumerable.Range(0, 1000).Select(static i => (long?)i));
        batches.Select(static b => ((Int64Array)b.Column("k")).ToArray().ToHashSet()).Sum(static keys => keys.Count).Should().Be(17, "equal keys are in one partition");
        await ArrowProcesses.ExpectNothingLeftAsync(_client);
    }

    [Fact]
    public async Task RunScriptAsync_PartitionsWithoutRowsOrWithNullsOnly_DoNotChangeTheSchema()
    {
        List<RecordBatch> batches = await ReadAsync(
            "gather([{'t': []}, {'t': ['a', 'b']}, {'t': []}, {'t': [None]}, {'t': pandas.Series(['c'], index=[5])}], {'t': ['x']})");

        batches.Select(static b => b.Length).Should().Equal(2, 1, 1);
        batches.Select(static b => b.Schema.FieldsList.Count).Should().AllBeEquivalentTo(1);
    }

    [Fact]
    public async Task RunScriptAsync_AllPartitionsWithoutRows_GivesTheSchema()
    {
        RecordBatch batch = (await ReadAsync("gather([{'n': []}, {'n': []}], {'n': [1.0]})")).Should().ContainSingle().Which;

        batch.Length.Should().Be(0);
        batch.Schema.GetFieldByIndex(0).Name.Should().Be("n");
    }

    [Fact]
    public async Task RunScriptAsync_SchemaChangesBetweenPartitions_NamesTheColumnAndBothTypes()
    {
        int read = 0;

        Func<Task> reading = async () =>
        {
            await foreach (RecordBatch _ in (await StreamAsync(Prologue + "gather([{'t': ['a'], 'n': [1]}, {'t': ['a'], 'n': [2]}, {'t': ['a'], 'n': [2.5]}], {'t': ['a'], 'n': [1]})")).WithCancellation(Token))
            {
                read++;
            }
        };

        (await reading.Should().ThrowAsync<DaskResultException>()).WithMessage("*column 'n' was of type int64 and is of type double*astype*");
        read.Should().Be(2);
        await ArrowProcesses.ExpectNothingLeftAsync(_client);
    }

    [Fact]
    public async Task RunScriptAsync_PartitionThatFails_ThrowsWhatItRaised()
    {
        Func<Task> reading = () => ReadAsync("dd.from_delayed([dask.delayed(make)({'n': [1]}), dask.delayed(lambda: [][5])()], meta=pandas.DataFrame({'n': [1]}), verify_meta=False)");

        DaskTaskException error = (await reading.Should().ThrowAsync<DaskTaskException>()).WithMessage("A partition*IndexError*").Which;
        error.PythonType.Should().Be("IndexError");
        error.PythonTraceback.Should().Contain("<lambda>");
        await ArrowProcesses.ExpectNothingLeftAsync(_client);
    }

    [Fact]
    public async Task RunScriptAsync_PartitionThatArrowHasNoTypeFor_IsNamedByColumnAndType()
    {
        Func<Task> reading = () => ReadAsync(
            "dask.config.set({'dataframe.convert-string': False})\n" +
            "dd.from_delayed([dask.delayed(lambda: pandas.DataFrame({'wrong': [object()]}))()], meta=pandas.DataFrame({'wrong': ['a']}), verify_meta=False)");

        (await reading.Should().ThrowAsync<DaskResultException>()).WithMessage("*column 'wrong'*holds object*");
    }

    [Fact]
    public async Task RunScriptAsync_EnumerationThatIsLeft_EndsTheComputation()
    {
        string topic = Guid.NewGuid().ToString("N");
        IAsyncEnumerable<RecordBatch> stream = await StreamAsync(
            Prologue.Replace("made", topic, StringComparison.Ordinal) + "gather([{'n': [i]} for i in range(80)], {'n': [0]})");

        (await stream.FirstAsync(Token)).Length.Should().Be(1);

        await ArrowProcesses.ExpectNothingLeftAsync(_client);
        (await CountAsync(topic)).Should().BeLessThan(40);
    }

    [Fact]
    public async Task RunScriptAsync_BagOfMaps_GivesItsPartitions()
    {
        List<RecordBatch> batches = await ReadAsync("dask.bag.from_sequence([{'n': i, 't': str(i)} for i in range(10)], npartitions=5).filter(lambda row: row['n'] != 3)");

        batches.Select(static b => b.Length).Should().Equal(2, 1, 2, 2, 2);
    }

    [Fact]
    public async Task ResultAsync_TaskThatReturnsADaskDataframe_StreamsIt()
    {
        PythonFunction make = PythonFunction.FromSource(
            "import pandas, dask.dataframe as dd\ndef make():\n    return dd.from_pandas(pandas.DataFrame({'n': range(100)}), npartitions=20)\n", "make");
        using DaskFuture<IAsyncEnumerable<RecordBatch>> future = await _client.SubmitAsync<IAsyncEnumerable<RecordBatch>>(make, [], null, Token);
        IAsyncEnumerable<RecordBatch> stream = await future.ResultAsync(null, Token);

        (await stream.Select(static b => b.Length).SumAsync(Token)).Should().Be(100);
        (await stream.Select(static b => b.Length).SumAsync(Token)).Should().Be(100, "the future holds the dataframe: it can be read again");
    }

    private async Task<List<RecordBatch>> ReadAsync(string collection, string topic = "made") =>
        await (await StreamAsync(Prologue.Replace("made", topic, StringComparison.Ordinal) + collection)).ToListAsync(Token);

    private Task<IAsyncEnumerable<RecordBatch>> StreamAsync(string source) => _client.RunScriptAsync<IAsyncEnumerable<RecordBatch>>(source, cancellationToken: Token);

    private Task<int> CountAsync(string topic) => _client.RunOnSchedulerAsync<int>(
        PythonFunction.FromSource("def count(topic, dask_scheduler=None):\n    return len(dask_scheduler.get_events(topic))\n", "count"), [topic], cancellationToken: Token);
}
