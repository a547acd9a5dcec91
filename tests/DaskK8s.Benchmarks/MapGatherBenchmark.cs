using System.Diagnostics;
using System.Globalization;

using DaskK8s.Dask.Tasks;
using DaskK8s.Tests.Rigs.Dask;

namespace DaskK8s.Benchmarks;

/// <summary>Compares mapping and gathering no-op tasks with Python's own client, on the same scheduler and workers, in turns.</summary>
internal static class MapGatherBenchmark
{
    private const string Python = """
        import resource, sys, time
        from distributed import Client
        def noop(x):
            return None
        if __name__ == "__main__":
            client = Client(sys.argv[1], set_as_default=False)
            count = int(sys.argv[2])
            assert client.gather(client.map(noop, range(100), pure=False)) == [None] * 100
            start = time.perf_counter()
            futures = client.map(noop, range(count), pure=False)
            results = client.gather(futures)
            elapsed = time.perf_counter() - start
            assert len(results) == count
            print(count / elapsed)
            print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
            client.close()
        """;

    /// <summary>Runs both clients in turns, each in a process of its own.</summary>
    /// <param name="count">The number of tasks of a large run; a small one has a tenth.</param>
    /// <param name="pairs">The number of pairs of large runs.</param>
    /// <param name="smallPairs">The number of pairs of small runs.</param>
    /// <returns>The tasks per second of large and small runs, and the peaks of the clients' memory in large ones.</returns>
    public static async Task<Comparison[]> RunAsync(int count, int pairs, int smallPairs)
    {
        await using DaskProcess scheduler = await DaskProcess.StartSchedulerAsync();
        // With one thread a worker is sent two tasks at a time, and waiting for the next two would be most of what is measured.
        await using DaskProcess first = await DaskProcess.StartWorkerAsync(scheduler.Address, "w-0", "--nthreads", "4");
        await using DaskProcess second = await DaskProcess.StartWorkerAsync(scheduler.Address, "w-1", "--nthreads", "4");
        List<Pair> small = await RunPairsAsync(scheduler.Address, count / 10, smallPairs);
        List<Pair> large = await RunPairsAsync(scheduler.Address, count, pairs);
        return
        [
            Compare("map_gather", "tasks/s", large, static r => r.TasksPerSecond),
            Compare("map_gather_tenth", "tasks/s", small, static r => r.TasksPerSecond),
            Compare("client_memory", "MiB", large, static r => r.Mebibytes),
        ];
    }

    /// <summary>Compares a stream of tasks, as many as there are, with Python's client at a tenth: nobody has the memory for a list of all.</summary>
    /// <param name="count">The number of tasks of a stream.</param>
    /// <param name="pairs">The number of pairs.</param>
    /// <returns>The tasks per second of both, and the stream's peak of memory.</returns>
    public static async Task<(double[] Ours, double[] Theirs, double[] Mebibytes)> StreamAsync(int count, int pairs)
    {
        await using DaskProcess scheduler = await DaskProcess.StartSchedulerAsync();
        await using DaskProcess first = await DaskProcess.StartWorkerAsync(scheduler.Address, "w-0", "--nthreads", "4");
        await using DaskProcess second = await DaskProcess.StartWorkerAsync(scheduler.Address, "w-1", "--nthreads", "4");
        (double[] ours, double[] theirs, double[] memory) = (new double[pairs], new double[pairs], new double[pairs]);
        for (int i = 0; i < pairs; i++)
        {
            theirs[i] = Run.Parse(await ChildProcess.RunPythonAsync(Python, scheduler.Address, (count / 10).ToString(CultureInfo.InvariantCulture))).TasksPerSecond;
            Run stream = Run.Parse(await ChildProcess.RunVerbAsync("tasks-client", scheduler.Address, count.ToString(CultureInfo.InvariantCulture), "stream"));
            (ours[i], memory[i]) = (stream.TasksPerSecond, stream.Mebibytes);
        }

        return (ours, theirs, memory);
    }

    /// <summary>Our client's side, in a process of its own: the verb <c>tasks-client</c>.</summary>
    public static async Task<int> RunClientAsync(string[] args)
    {
        int count = int.Parse(args[1], CultureInfo.InvariantCulture);
        await using DaskClient client = await DaskClient.ConnectAsync(args[0]);
        PythonFunction noop = PythonFunction.FromSource("def noop(x):\n    return None\n", "noop");
        using (DaskFutureList<object> warm = await client.MapAsync<object>(noop, Enumerable.Range(0, 100)))
        {
            await client.GatherAsync(warm);
        }

        long start = Stopwatch.GetTimestamp();
        int gathered = 0;
        if (args.Contains("stream"))
        {
            await foreach (object result in client.GatherAsync(client.MapAsync<object>(noop, Enumerable.Range(0, count).Select(static i => (object?)i).ToAsyncEnumerable())))
            {
                gathered++;
            }
        }
        else
        {
            DaskFutureList<object> futures = await client.MapAsync<object>(noop, Enumerable.Range(0, count));
            gathered = (await client.GatherAsync(futures)).Count;
        }

        double elapsed = Stopwatch.GetElapsedTime(start).TotalSeconds;
        if (gathered != count)
        {
            throw new InvalidOperationException("Results were lost.");
        }

        using Process self = Process.GetCurrentProcess();
        Console.WriteLine((count / elapsed).ToString(CultureInfo.InvariantCulture));
        Console.WriteLine((self.PeakWorkingSet64 / 1024.0 / 1024.0).ToString(CultureInfo.InvariantCulture));
        return 0;
    }

    private static async Task<List<Pair>> RunPairsAsync(string scheduler, int count, int pairs)
    {
        List<Pair> results = [];
        for (int i = 0; i < pairs; i++)
        {
            // The second of a pair meets what the first left behind: they take turns in that too.
            Run? ours = i % 2 == 0 ? null : await OursAsync(scheduler, count);
            Run theirs = Run.Parse(await ChildProcess.RunPythonAsync(Python, scheduler, count.ToString(CultureInfo.InvariantCulture)));
            ours ??= await OursAsync(scheduler, count);
            results.Add(new Pair(ours, theirs));
            Console.WriteLine($"{count} tasks, pair {i + 1} of {pairs}: ours {ours}; theirs {theirs}");
        }

        return results;
    }

    private static async Task<Run> OursAsync(string scheduler, int count) =>
        Run.Parse(await ChildProcess.RunVerbAsync("tasks-client", scheduler, count.ToString(CultureInfo.InvariantCulture)));

    private static Comparison Compare(string name, string unit, List<Pair> pairs, Func<Run, double> figure) =>
        new(name, unit, "ours/theirs", [.. pairs.Select(p => figure(p.Ours))], [.. pairs.Select(p => figure(p.Theirs))]);

    private sealed record Pair(Run Ours, Run Theirs);

    private sealed record Run(double TasksPerSecond, double Mebibytes)
    {
        public static Run Parse(string[] lines) =>
            new(double.Parse(lines[0], CultureInfo.InvariantCulture), double.Parse(lines[1], CultureInfo.InvariantCulture));

        public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{TasksPerSecond:0} tasks/s, {Mebibytes:0} MiB");
    }
}
