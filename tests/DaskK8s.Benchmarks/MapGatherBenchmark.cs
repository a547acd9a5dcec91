using System.Diagnostics;
using System.Globalization;

using DaskK8s.Tests.Scheduler;

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
    /// <param name="count">The number of tasks.</param>
    /// <param name="rounds">The number of turns.</param>
    /// <returns>The tasks per second, and the peaks of the clients' memory.</returns>
    public static async Task<Comparison[]> RunAsync(int count, int rounds)
    {
        await using DaskProcess scheduler = await DaskProcess.StartSchedulerAsync();
        await using DaskProcess first = await DaskProcess.StartWorkerAsync(scheduler.Address, "w-0");
        await using DaskProcess second = await DaskProcess.StartWorkerAsync(scheduler.Address, "w-1");
        string number = count.ToString(CultureInfo.InvariantCulture);
        List<double[]> ours = [];
        List<double[]> theirs = [];
        for (int round = 0; round < rounds; round++)
        {
            theirs.Add(Numbers(PythonChild.Run(Python, scheduler.Address, number)));
            ours.Add(Numbers(RunOurs(scheduler.Address, number)));
            Console.WriteLine(
                $"round {round + 1}: ours {ours[^1][0]:0} tasks/s, {ours[^1][1]:0} MiB; theirs {theirs[^1][0]:0} tasks/s, {theirs[^1][1]:0} MiB");
        }

        return
        [
            new Comparison("map_gather", "tasks/s", "ours/theirs", [.. ours.Select(r => r[0])], [.. theirs.Select(r => r[0])]),
            new Comparison("client_memory", "MiB", "ours/theirs", [.. ours.Select(r => r[1])], [.. theirs.Select(r => r[1])]),
        ];
    }

    /// <summary>Is our client's side, in a process of its own: the verb <c>tasks-client</c>.</summary>
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
        DaskFutureList<object> futures = await client.MapAsync<object>(noop, Enumerable.Range(0, count));
        IReadOnlyList<object> results = await client.GatherAsync(futures);
        double elapsed = Stopwatch.GetElapsedTime(start).TotalSeconds;
        if (results.Count != count)
        {
            throw new InvalidOperationException("Results were lost.");
        }

        Console.WriteLine((count / elapsed).ToString(CultureInfo.InvariantCulture));
        Console.WriteLine(PeakMebibytes().ToString(CultureInfo.InvariantCulture));
        return 0;
    }

    private static string[] RunOurs(string address, string count)
    {
        ProcessStartInfo start = new(Environment.ProcessPath!, ["tasks-client", address, count]) { RedirectStandardOutput = true };
        using Process process = Process.Start(start)!;
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return process.ExitCode == 0
            ? output.Split('\n', StringSplitOptions.RemoveEmptyEntries)
            : throw new InvalidOperationException($"Our client ended with {process.ExitCode}: {output}");
    }

    private static double PeakMebibytes()
    {
        using Process self = Process.GetCurrentProcess();
        return self.PeakWorkingSet64 / 1024.0 / 1024.0;
    }

    private static double[] Numbers(string[] lines) => [.. lines.Select(l => double.Parse(l, CultureInfo.InvariantCulture))];
}
