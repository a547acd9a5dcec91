using Apache.Arrow;
using Apache.Arrow.Types;

using DaskK8s.Tests.Rigs.Dask;

using FluentAssertions.Execution;

namespace DaskK8s.Tests.Arrow;

/// <summary>Tables between .NET and real workers with pyarrow.</summary>
public sealed class TableTests(ArrowProcesses dask) : IClassFixture<ArrowProcesses>, IAsyncLifetime
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(120);

    private DaskClient _client = null!;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => _client = await DaskClient.ConnectAsync(dask.Address, DaskTables.WithTables(null), Token);

    public async ValueTask DisposeAsync() => await (_client?.DisposeAsync() ?? ValueTask.CompletedTask);

    [Fact]
    public async Task ResultAsync_Dataframe_HasItsColumnsTypesAndIndex()
    {
        RecordBatch batch = await RunAsync<RecordBatch>(
            """
            pandas.DataFrame(
                {
                    "whole": pandas.array([1, None, 3], dtype="Int32"),
                    "real": [1.5, float("nan"), 2.5],
                    "text": ["a", None, "ä"],
                    "kind": pandas.Categorical(["x", "y", "x"]),
                    "time": pandas.to_datetime(["2026-01-02T03:04:05", None, "2026-01-03T00:00:00"]).tz_localize("Europe/Berlin"),
                    "list": [[1, 2], None, []],
                    "money": [decimal.Decimal("1.25"), None, decimal.Decimal("-3.50")],
                    "yes": [True, False, True],
                },
                index=pandas.Index([10, 20, 30], name="row"),
            )
            """);

        using AssertionScope scope = new();
        batch.Length.Should().Be(3);
        ((Int32Array)batch.Column("whole")).ToArray().Should().Equal(1, null, 3);
        ((DoubleArray)batch.Column("real")).GetValue(2).Should().Be(2.5);
        Texts(batch.Column("text")).Should().Equal("a", null, "ä");
        DictionaryArray kind = batch.Column("kind").Should().BeOfType<DictionaryArray>().Which;
        Texts(kind.Dictionary).Should().Equal("x", "y");
        TimestampType time = batch.Schema.GetFieldByName("time").DataType.Should().BeOfType<TimestampType>().Which;
        time.Timezone.Should().Be("Europe/Berlin");
        ((TimestampArray)batch.Column("time")).GetTimestamp(0).Should().Be(new DateTimeOffset(2026, 1, 2, 2, 4, 5, TimeSpan.Zero));
        ((ListArray)batch.Column("list")).IsNull(1).Should().BeTrue();
        ((Int64Array)((ListArray)batch.Column("list")).GetSlicedValues(0)).ToArray().Should().Equal(1, 2);
        ((Decimal128Array)batch.Column("money")).GetValue(2).Should().Be(-3.50m);
        ((BooleanArray)batch.Column("yes")).GetValue(1).Should().Be(false);
        ((Int64Array)batch.Column("row")).ToArray().Should().Equal(10, 20, 30);
        batch.Schema.Metadata.Should().ContainKey("pandas");
    }

    [Fact]
    public async Task ResultAsync_DataframesThatShareALayout_KeepTheirOwnTypesAndIndex()
    {
        // The schema of a small dataframe is kept for the next one, whose objects may be of another type.
        Table texts = await RunAsync<Table>("pandas.DataFrame({'n': [1, 2], 'o': ['a', 'b']})");
        Table decimals = await RunAsync<Table>("pandas.DataFrame({'n': [1, 2], 'o': [decimal.Decimal('1.5'), None]})");
        Table again = await RunAsync<Table>("pandas.DataFrame({'n': [3, 4], 'o': ['c', None]})");
        Table other = await RunAsync<Table>("pandas.DataFrame({'n': [3, 4], 'o': ['c', None]}, index=pandas.RangeIndex(5, 7))");

        texts.Schema.GetFieldByName("o").DataType.Should().BeOfType<StringType>();
        decimals.Schema.GetFieldByName("o").DataType.Should().BeOfType<Decimal128Type>();
        Texts(again.Column(1).Data.ArrowArray(0)).Should().Equal("c", null);
        ((Int64Array)again.Column(0).Data.ArrowArray(0)).ToArray().Should().Equal(3, 4);
        again.Schema.Metadata["pandas"].Should().Be(texts.Schema.Metadata["pandas"]).And.NotBe(other.Schema.Metadata["pandas"]);
    }

    [Theory]
    [InlineData("pandas.Series([1, 2], name='a')", "a")]
    [InlineData("pandas.Series([1, 2])", "value")]
    [InlineData("pyarrow.table({'a': [1, 2]})", "a")]
    [InlineData("pyarrow.record_batch({'a': [1, 2]})", "a")]
    [InlineData("pyarrow.table({'a': pyarrow.array(['1', '2'], pyarrow.large_string())})", "a")]
    public async Task ResultAsync_WhatHoldsATable_IsATable(string source, string column)
    {
        Table table = await RunAsync<Table>(source);

        table.RowCount.Should().Be(2);
        table.Schema.GetFieldByIndex(0).Name.Should().Be(column);
    }

    [Fact]
    public async Task ResultAsync_TableWithoutRows_HasItsSchema()
    {
        const string Source = "pandas.DataFrame({'a': pandas.array([], 'Int64'), 'b': pandas.Categorical([]), 'c': pandas.array([], 'string')}).iloc[:0]";

        Table table = await RunAsync<Table>(Source);
        RecordBatch batch = await RunAsync<RecordBatch>(Source);

        table.RowCount.Should().Be(0);
        batch.Schema.FieldsList.Select(static f => f.Name).Take(3).Should().Equal("a", "b", "c");
    }

    [Theory]
    [InlineData("pandas.DataFrame({'fine': [1], 'wrong': [object()]})", "*column 'wrong' of type object holds object*")]
    [InlineData("pandas.DataFrame({'mixed': [1, 'a', {}]})", "*column 'mixed'*int*str*")]
    [InlineData("{'a': 1}", "*dict*not a dataframe*")]
    public async Task ResultAsync_WhatArrowHasNoTypeFor_IsNamedByColumnAndType(string source, string message)
    {
        Func<Task> result = () => RunAsync<Table>(source);

        (await result.Should().ThrowAsync<DaskResultException>()).WithMessage(message);
    }

    [Fact]
    public async Task RunScriptAsync_DaskDataframe_IsComputed()
    {
        Table table = await _client.RunScriptAsync<Table>(
            """
            import pandas, dask.dataframe as dd
            df = dd.from_pandas(pandas.DataFrame({"hour": [7, 8, 7, 8], "distance": [1.0, 2.0, 3.0, 4.0]}), npartitions=2)
            df.groupby("hour").distance.mean()
            """,
            cancellationToken: Token);

        IArrowArray hours = table.Column(table.Schema.GetFieldIndex("hour")).Data.ArrowArray(0);
        IArrowArray means = table.Column(table.Schema.GetFieldIndex("distance")).Data.ArrowArray(0);
        ((Int64Array)hours).ToArray().Zip(((DoubleArray)means).ToArray()).Should().BeEquivalentTo(new (long?, double?)[] { (7, 2.0), (8, 3.0) });
    }

    [Fact]
    public async Task ResultAsync_LargeTable_ComesInBatchesAndWhole()
    {
        using DaskFuture<IAsyncEnumerable<RecordBatch>> stream = await _client.SubmitAsync<IAsyncEnumerable<RecordBatch>>(Make(Large), [], null, Token);
        List<int> lengths = [];
        long sum = 0;
        await foreach (RecordBatch batch in await stream.ResultAsync(Limit, Token))
        {
            lengths.Add(batch.Length);
            sum += ((Int64Array)batch.Column("a")).Values.ToArray().Sum();
        }

        Table table = await RunAsync<Table>(Large);

        lengths.Should().HaveCountGreaterThan(4);
        lengths.Sum().Should().Be(1_500_000);
        sum.Should().Be(1_500_000L * 1_499_999 / 2);
        table.RowCount.Should().Be(1_500_000);
    }

    [Fact]
    public async Task ScatterAsync_TableFromDotNet_IsPandasPyArrowOrComesBack()
    {
        Table table = NewTable(3);
        PythonFunction kind = PythonFunction.FromSource("def kind(x):\n    return type(x).__module__.split('.')[0] + '.' + type(x).__name__ + str(x.shape)\n", "kind");

        using DaskFuture<Table> scattered = await _client.ScatterAsync(table, cancellationToken: Token);
        using DaskFuture<PythonTable> asPyArrow = await _client.ScatterAsync(table.AsPyArrow(), cancellationToken: Token);
        using DaskFuture<string> pandas = await _client.SubmitAsync<string>(kind, [scattered], null, Token);
        using DaskFuture<string> pyarrow = await _client.SubmitAsync<string>(kind, [asPyArrow], null, Token);
        using DaskFuture<string> argument = await _client.SubmitAsync<string>(kind, [table.AsPyArrow()], null, Token);
        using DaskFuture<string> batch = await _client.SubmitAsync<string>(kind, [TableBatches.Of(table).First()], null, Token);

        (await pandas.ResultAsync(Limit, Token)).Should().Be("pandas.DataFrame(3, 2)");
        (await pyarrow.ResultAsync(Limit, Token)).Should().Be("pyarrow.Table(3, 2)");
        (await argument.ResultAsync(Limit, Token)).Should().Be("pyarrow.Table(3, 2)");
        (await batch.ResultAsync(Limit, Token)).Should().Be("pandas.DataFrame(3, 2)");
        Table back = await scattered.ResultAsync(Limit, Token);
        ((Int64Array)back.Column(0).Data.ArrowArray(0)).ToArray().Should().Equal(0, 1, 2);
        Texts(back.Column(1).Data.ArrowArray(0)).Should().Equal("row 0", "row 1", "row 2");
    }

    [Fact]
    public async Task ScatterAsync_LargeTableInChunksThatDiffer_ArrivesWhole()
    {
        Int64Array Numbers(int from, int count) => new Int64Array.Builder().AppendRange(Enumerable.Range(from, count).Select(static i => (long)i)).Build();
        Table table = new(
            new Schema([new Field("a", Int64Type.Default, false), new Field("b", Int64Type.Default, false)], null),
            [
                new Column(new Field("a", Int64Type.Default, false), [Numbers(0, 500_000), Numbers(500_000, 500_000)]),
                new Column(new Field("b", Int64Type.Default, false), [Numbers(0, 300_000), Numbers(300_000, 700_000)]),
            ]);
        PythonFunction check = PythonFunction.FromSource("def check(x):\n    return [len(x), bool((x.a == x.b).all()), int(x.a.sum())]\n", "check");

        using DaskFuture<Table> scattered = await _client.ScatterAsync(table, cancellationToken: Token);
        using DaskFuture<object?[]> seen = await _client.SubmitAsync<object?[]>(check, [scattered], null, Token);

        (await seen.ResultAsync(Limit, Token)).Should().Equal(1_000_000L, true, 499_999_500_000L);
    }

    private const string Large = "pandas.DataFrame({'a': range(1_500_000), 'b': 1.5, 'c': 'text'})";

    private static PythonFunction Make(string source) => PythonFunction.FromSource($"import decimal, pandas, pyarrow\ndef make():\n    return {source.ReplaceLineEndings("\n    ")}\n", "make");

    private static Table NewTable(int rows)
    {
        Int64Array numbers = new Int64Array.Builder().AppendRange(Enumerable.Range(0, rows).Select(static i => (long)i)).Build();
        StringArray texts = new StringArray.Builder().AppendRange(Enumerable.Range(0, rows).Select(static i => $"row {i}")).Build();
        Schema schema = new([new Field("n", Int64Type.Default, false), new Field("t", StringType.Default, false)], null);
        return Table.TableFromRecordBatches(schema, [new RecordBatch(schema, [numbers, texts], rows)]);
    }

    private static string?[] Texts(IArrowArray array) => array switch
    {
        StringArray texts => [.. Enumerable.Range(0, texts.Length).Select(i => texts.GetString(i))],
        LargeStringArray texts => [.. Enumerable.Range(0, texts.Length).Select(i => texts.GetString(i))],
        _ => throw new InvalidOperationException(array.GetType().Name),
    };

    private async Task<T> RunAsync<T>(string source)
    {
        using DaskFuture<T> future = await _client.SubmitAsync<T>(Make(source), [], null, Token);
        return await future.ResultAsync(Limit, Token);
    }
}
