using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;

using Apache.Arrow;
using Apache.Arrow.Types;

namespace DaskK8s.Benchmarks.Data;

/// <summary>Our side of <see cref="DataBenchmark"/>: prints its figures, one a line.</summary>
internal static class DataClient
{
    private const int Small = 1 << 21;

    public static async Task<int> RunAsync(string[] args)
    {
        await using DaskClient client = await DaskClient.ConnectAsync(args[0], DaskTables.WithTables(null));
        await DownAsync<Table>(client, "make_table", Small);
        await DownAsync<double[]>(client, "make_array", Small);
        await UpAsync(client, NewTable(Small), Small);
        await UpAsync(client, NewArray(Small), Small);

        long idle = Resident(peak: false);
        List<double> rates = [await DownAsync<Table>(client, "make_table", DataBenchmark.Bytes)];
        double memory = (Resident(peak: true) - idle) / (double)DataBenchmark.Bytes;
        rates.Add(await UpAsync(client, NewTable(DataBenchmark.Bytes), DataBenchmark.Bytes));
        rates.Add(await DownAsync<double[]>(client, "make_array", DataBenchmark.Bytes));
        rates.Add(await UpAsync(client, NewArray(DataBenchmark.Bytes), DataBenchmark.Bytes));
        rates.Add(await SmallAsync(client));
        foreach (double figure in rates.Prepend(memory))
        {
            Console.WriteLine(figure.ToString(CultureInfo.InvariantCulture));
        }

        return 0;
    }

    private static PythonFunction Function(string name) => PythonFunction.FromSource(DataPython.Values, name);

    private static async Task<double> DownAsync<T>(DaskClient client, string make, int bytes)
    {
        using DaskFuture<T> future = await client.SubmitAsync<T>(Function(make), [bytes]);
        await future.WaitAsync();
        long start = Stopwatch.GetTimestamp();
        T value = await future.ResultAsync();
        double rate = bytes / 1048576.0 / Stopwatch.GetElapsedTime(start).TotalSeconds;
        GC.KeepAlive(value);
        return rate;
    }

    private static async Task<double> UpAsync<T>(DaskClient client, T value, int bytes)
    {
        long start = Stopwatch.GetTimestamp();
        using DaskFuture<T> future = await client.ScatterAsync(value, new ScatterOptions { Hash = false });
        return bytes / 1048576.0 / Stopwatch.GetElapsedTime(start).TotalSeconds;
    }

    private static async Task<double> SmallAsync(DaskClient client)
    {
        using DaskFutureList<Table> futures = await client.MapAsync<Table>(Function("make_small"), Enumerable.Range(0, 1000));
        foreach (DaskFuture<Table> future in futures)
        {
            await future.WaitAsync();
        }

        long start = Stopwatch.GetTimestamp();
        IReadOnlyList<Table> tables = await client.GatherAsync(futures);
        double rate = 1000 / Stopwatch.GetElapsedTime(start).TotalSeconds;
        return tables.Sum(static t => t.RowCount) == 1_000_000 ? rate : throw new InvalidOperationException("Rows were lost.");
    }

    private static double[] NewArray(int bytes)
    {
        Random random = new(1);
        double[] values = new double[bytes / sizeof(double)];
        random.NextBytes(MemoryMarshal.AsBytes(values.AsSpan()));
        return values;
    }

    private static Table NewTable(int bytes)
    {
        int rows = bytes / 64;
        Random random = new(1);
        List<(string Name, IArrowType Type)> columns = [.. Enumerable.Range(0, 2).Select(static i => ($"i{i}", (IArrowType)Int64Type.Default))];
        columns.AddRange(Enumerable.Range(0, 5).Select(static i => ($"f{i}", (IArrowType)DoubleType.Default)));
        columns.Add(("t", new TimestampType(TimeUnit.Nanosecond, (string?)null)));
        Schema schema = new(columns.Select(static c => new Field(c.Name, c.Type, true)), null);
        return Table.TableFromRecordBatches(schema, [new RecordBatch(schema, columns.Select(c => Column(c.Type, rows, random)), rows)]);
    }

    private static IArrowArray Column(IArrowType type, int rows, Random random)
    {
        byte[] values = new byte[rows * sizeof(long)];
        random.NextBytes(values);
        return ArrowArrayFactory.BuildArray(new ArrayData(type, rows, 0, 0, [ArrowBuffer.Empty, new ArrowBuffer(values)]));
    }

    /// <summary>Reads how much memory this process has, or had at most.</summary>
    private static long Resident(bool peak)
    {
        if (!peak)
        {
            GC.Collect();
        }

        using Process self = Process.GetCurrentProcess();
        return peak ? self.PeakWorkingSet64 : self.WorkingSet64;
    }
}
