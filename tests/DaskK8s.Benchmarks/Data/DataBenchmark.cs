using System.Globalization;

using DaskK8s.Tests.Rigs.Dask;

namespace DaskK8s.Benchmarks.Data;

/// <summary>Compares moving tables and arrays with Python's own client, on the same scheduler and workers, in turns: the verb <c>data</c>.</summary>
/// <remarks><c>--pairs</c> pairs of runs (5); DASKK8S_PYARROW names the Python of both sides (<c>tests/arrow.sh</c> makes one).</remarks>
internal static class DataBenchmark
{
    /// <summary>The verb of our side, in a process of its own.</summary>
    public const string ClientVerb = "data-client";

    /// <summary>The size of tables and arrays, apart from the small ones.</summary>
    public const int Bytes = 256 << 20;

    private static readonly (string Name, string Unit)[] Figures =
        [("table_memory", "times the table"), ("table_down", "MiB/s"), ("table_up", "MiB/s"), ("array_down", "MiB/s"), ("array_up", "MiB/s"), ("small_tables", "tables/s")];

    public static async Task<int> RunAsync(string[] args)
    {
        Arguments arguments = new(args);
        if (Environment.GetEnvironmentVariable("DASKK8S_PYARROW") is not { Length: > 0 } python)
        {
            await Console.Error.WriteLineAsync("Name a Python with pyarrow: export DASKK8S_PYARROW=$(tests/arrow.sh | tail -n 1)");
            return 2;
        }

        int pairs = arguments.Number("pairs", 5);
        List<double[]> ours = [], theirs = [];
        await using DaskProcess scheduler = await DaskProcess.StartSchedulerWithAsync(python);
        await using DaskProcess first = await DaskProcess.StartWorkerWithAsync(python, scheduler.Address, "w-0", "--no-nanny", "--memory-limit", "4GiB");
        await using DaskProcess second = await DaskProcess.StartWorkerWithAsync(python, scheduler.Address, "w-1", "--no-nanny", "--memory-limit", "4GiB");
        for (int i = 0; i < pairs; i++)
        {
            if (i % 2 == 1)
            {
                ours.Add(Read(await ChildProcess.RunVerbAsync(ClientVerb, scheduler.Address)));
            }

            theirs.Add(Read(await ChildProcess.RunAsync(python, ["-c", DataPython.Source, scheduler.Address, Bytes.ToString(CultureInfo.InvariantCulture)])));
            if (i % 2 == 0)
            {
                ours.Add(Read(await ChildProcess.RunVerbAsync(ClientVerb, scheduler.Address)));
            }

            Console.WriteLine($"pair {i + 1} of {pairs}: ours {Words(ours[^1])}; theirs {Words(theirs[^1])}");
        }

        await Report.WriteAsync(
            Figures.Select((f, i) => new Comparison(f.Name, f.Unit, "ours/theirs", [.. ours.Select(r => r[i])], [.. theirs.Select(r => r[i])])), arguments.Find("json"));
        return 0;
    }

    private static double[] Read(string[] lines) => lines.Length == Figures.Length
        ? [.. lines.Select(static l => double.Parse(l, CultureInfo.InvariantCulture))]
        : throw new InvalidOperationException($"A run printed {lines.Length} figures: {string.Join(' ', lines)}");

    private static string Words(double[] run) => string.Join(", ", Figures.Zip(run, static (f, v) => string.Create(CultureInfo.InvariantCulture, $"{f.Name} {v:0.##}")));
}
