using System.Globalization;

namespace DaskK8s.Benchmarks;

/// <summary>Compares running tasks with Python's own client: the verb <c>tasks</c>.</summary>
internal static class TasksBenchmark
{
    public static async Task<int> RunAsync(string[] args)
    {
        int count = Option(args, "--count", 100_000);
        int rounds = Option(args, "--rounds", 3);
        List<Comparison> results = [IdentityBenchmark.Run(), .. await MapGatherBenchmark.RunAsync(count, rounds)];
        await Report.WriteAsync(results, new Arguments(args).Find("json"));
        return 0;
    }

    private static int Option(string[] args, string name, int otherwise)
    {
        int at = Array.IndexOf(args, name);
        return at >= 0 ? int.Parse(args[at + 1], CultureInfo.InvariantCulture) : otherwise;
    }
}
