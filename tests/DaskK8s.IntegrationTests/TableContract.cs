using Apache.Arrow;
using Apache.Arrow.Types;

using DaskK8s.IntegrationTests.Rigs;

namespace DaskK8s.IntegrationTests;

public sealed class TableContract(TableCluster tables) : IClassFixture<TableCluster>
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(3);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task RunScriptAsync_DaskDataframe_IsATableWithIndexAndTypes()
    {
        DaskClient client = tables.Client;

        Table table = await client.RunScriptAsync<Table>(
            """
            import pandas, dask.dataframe as dd
            trips = pandas.DataFrame({
                "hour": [8, 7, 8, None], "distance": [1.0, 2.0, 3.0, 9.0], "kind": pandas.Categorical(["a", "b", "a", "b"]),
                "start": pandas.to_datetime(["2026-01-02T03:04:05"] * 4).tz_localize("Europe/Berlin"),
            })
            dd.from_pandas(trips.dropna().set_index("hour").sort_index(), npartitions=2)
            """,
            cancellationToken: Token);

        TableReader reader = new(table.Schema);
        object?[][] rows = [.. reader.Read(table)];
        reader.Names.Should().Equal("hour", "distance", "kind", "start");
        rows.Select(static r => (r[0], r[1], r[2])).Should().BeEquivalentTo(new (object?, object?, object?)[] { (7.0, 2.0, "b"), (8.0, 1.0, "a"), (8.0, 3.0, "a") });
        rows.Should().AllSatisfy(static r => r[3].Should().Be(new DateTimeOffset(2026, 1, 2, 3, 4, 5, TimeSpan.FromHours(1))));
    }

    [Fact]
    public async Task RunScriptAsync_DaskDataframeAsAStream_ComesPartitionByPartition()
    {
        DaskClient client = tables.Client;

        IAsyncEnumerable<RecordBatch> stream = await client.RunScriptAsync<IAsyncEnumerable<RecordBatch>>(
            "import pandas, dask.dataframe as dd; dd.from_pandas(pandas.DataFrame({'n': range(1_000_000), 'x': 0.5}), npartitions=8)", cancellationToken: Token);
        (int batches, long sum) = (0, 0);
        await foreach (RecordBatch batch in stream.WithCancellation(Token))
        {
            batches++;
            sum += ((Int64Array)batch.Column("n")).Values.ToArray().Sum();
        }

        batches.Should().BeGreaterThanOrEqualTo(8);
        sum.Should().Be(1_000_000L * 999_999 / 2);
    }

    [Fact]
    public async Task ScatterAsync_LargeTableToAGroup_IsADataframeThereAndComesBack()
    {
        const int Rows = 1_000_000;
        DaskClient client = tables.Client;
        Schema schema = new([new Field("n", Int64Type.Default, false), new Field("x", DoubleType.Default, false)], null);
        RecordBatch batch = new(
            schema,
            [
                new Int64Array.Builder().AppendRange(Enumerable.Range(0, Rows).Select(static i => (long)i)).Build(),
                new DoubleArray.Builder().AppendRange(Enumerable.Range(0, Rows).Select(static i => i / 2.0)).Build(),
            ],
            Rows);

        using DaskFuture<RecordBatch> scattered = await client.ScatterAsync(batch, new ScatterOptions { WorkerGroup = "high-mem" }, cancellationToken: Token);
        PythonFunction look = PythonFunction.FromSource("def look(frame):\n    return [type(frame).__name__, len(frame), float(frame.x.sum()), int(frame.n.iloc[-1])]\n", "look");
        using DaskFuture<object?[]> seen = await client.SubmitAsync<object?[]>(look, [scattered], new TaskOptions { WorkerGroup = "high-mem" }, Token);
        object?[] found = await seen.ResultAsync(Limit, Token);
        RecordBatch back = await scattered.ResultAsync(Limit, Token);

        found.Should().Equal("DataFrame", (long)Rows, Rows * (Rows - 1L) / 4.0, Rows - 1L);
        back.Length.Should().Be(Rows);
        ((Int64Array)back.Column("n")).Values.ToArray().Sum().Should().Be(Rows * (Rows - 1L) / 2);
        string worker = (await client.WhoHasAsync([scattered.Key], Token))[scattered.Key].Single();
        (await tables.Cluster.GetSchedulerInfoAsync(Token)).Workers.Single(w => w.Address == worker).Group.Should().Be("high-mem");
    }

    [Fact]
    public async Task ResultAsync_WhatArrowHasNoTypeFor_IsNamedByItsColumn()
    {
        DaskClient client = tables.Client;

        Func<Task> result = () => client.RunScriptAsync<Table>("import pandas; pandas.DataFrame({'fine': [1], 'wrong': [object()]})", cancellationToken: Token);

        (await result.Should().ThrowAsync<DaskResultException>()).WithMessage("*column 'wrong'*");
    }
}
