using Apache.Arrow;
using Apache.Arrow.Ipc;
using Apache.Arrow.Types;

using DaskK8s.Tests.Rigs.Dask;

namespace DaskK8s.Tests.Arrow;

/// <summary>Tables from workers without pyarrow, and bytes that are not a table.</summary>
[Collection(DaskProcessesGroup.Name)]
public sealed class TableFaultTests(DaskProcesses dask)
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task ResultAsync_WorkerWithoutPyArrow_SaysSoAndHowToHaveIt()
    {
        Assert.SkipWhen(ArrowProcesses.Python == DaskPython.Path, "This Python has pyarrow.");
        await using DaskClient client = await DaskClient.ConnectAsync(dask.Address, DaskTables.WithTables(null), Token);
        PythonFunction make = PythonFunction.FromSource("import pandas\ndef make(): return pandas.DataFrame({'a': [1]})\n", "make");
        using DaskFuture<Table> future = await client.SubmitAsync<Table>(make, [], null, Token);

        Func<Task> result = () => future.ResultAsync(Limit, Token);
        Func<Task> scatter = () => client.ScatterAsync(Batch(1), cancellationToken: Token);

        (await result.Should().ThrowAsync<DaskResultException>()).WithMessage("*no pyarrow*InstallPackagesAsync*").Which.PythonType.Should().Be("pandas.core.frame.DataFrame");
        (await scatter.Should().ThrowAsync<DaskTransferException>()).WithMessage("*no pyarrow*");
    }

    [Fact]
    public async Task ReadAsync_BytesThatLie_ThrowTypedErrorsAndTakeNoMemory()
    {
        byte[] good = await WriteAsync(Batch(1000));
        Random random = new(20261128);
        long allocated = 0;
        int refused = 0;

        for (int i = 0; i < 3000; i++)
        {
            byte[] bad = [.. good];
            for (int flips = random.Next(1, 4); flips > 0; flips--)
            {
                // Lengths stand in the metadata, which comes first.
                bad[random.Next(Math.Min(bad.Length, 700))] = (byte)random.Next(256);
            }

            // Nothing here waits, so that all of it runs on this thread; the whole process has other tests in it.
            long before = GC.GetAllocatedBytesForCurrentThread();
            try
            {
                foreach (object? value in Values(await ReadAsync(i % 2 == 0 ? bad : bad[..random.Next(bad.Length)])))
                {
                    _ = value;
                }
            }
            catch (DaskResultException)
            {
                refused++;
            }

            allocated = Math.Max(allocated, GC.GetAllocatedBytesForCurrentThread() - before);
        }

        refused.Should().BeGreaterThan(500);
        allocated.Should().BeLessThan(1 << 20);
    }

    [Fact]
    public async Task ReadAsync_SchemaChangesBetweenPieces_ThrowsDaskResultException()
    {
        Schema other = new([new Field("other", Int64Type.Default, false), new Field("t", StringType.Default, false)], null);
        RecordBatch first = Batch(3);
        byte[][] pieces = [await WriteAsync(first), await WriteAsync(new RecordBatch(other, [first.Column(0), first.Column(1)], 3))];

        Func<Task> read = () => ReadAsync(pieces);

        (await read.Should().ThrowAsync<DaskResultException>()).WithMessage("*changes its schema*column 'n' of type int64 gave way to column 'other'*");
    }

    private static RecordBatch Batch(int rows) => new(
        new Schema([new Field("n", Int64Type.Default, false), new Field("t", StringType.Default, false)], null),
        [
            new Int64Array.Builder().AppendRange(Enumerable.Range(0, rows).Select(static i => (long)i)).Build(),
            new StringArray.Builder().AppendRange(Enumerable.Range(0, rows).Select(static i => $"row {i}")).Build(),
        ],
        rows);

    private static async Task<byte[]> WriteAsync(RecordBatch batch)
    {
        using MemoryStream stream = new();
        using ArrowStreamWriter writer = new(stream, batch.Schema);
        await writer.WriteRecordBatchAsync(batch, Token);
        await writer.WriteEndAsync(Token);
        return stream.ToArray();
    }

    private static async Task<Table> ReadAsync(params byte[][] pieces)
    {
        DaskContent content = new("key", pieces.Sum(static p => p.Length), pieces.Length, (i, _) => Task.FromResult<ReadOnlyMemory<byte>>(pieces[i]), null);
        return (Table)await DaskTables.Format.ReadAsync(typeof(Table), content, Token);
    }

    private static IEnumerable<object?> Values(Table table)
    {
        for (int column = 0; column < table.ColumnCount; column++)
        {
            for (int chunk = 0; chunk < table.Column(column).Data.ArrayCount; chunk++)
            {
                switch (table.Column(column).Data.ArrowArray(chunk))
                {
                    case Int64Array numbers:
                        for (int i = 0; i < numbers.Length; i++)
                        {
                            yield return numbers.GetValue(i);
                        }

                        break;
                    case StringArray texts:
                        for (int i = 0; i < texts.Length; i++)
                        {
                            yield return texts.GetString(i);
                        }

                        break;
                    default:
                        break;
                }
            }
        }
    }
}
