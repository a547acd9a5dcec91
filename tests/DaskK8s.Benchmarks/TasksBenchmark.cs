namespace DaskK8s.Benchmarks;

/// <summary>Compares running tasks with Python's own client: the verb <c>tasks</c>.</summary>
/// <remarks>
/// <c>--count</c> tasks a run (100,000), <c>--pairs</c> pairs of runs with so many (1), and <c>--small-pairs</c> pairs (7) with a tenth.
/// </remarks>
internal static class TasksBenchmark
{
    public static async Task<int> RunAsync(string[] args)
    {
        Arguments arguments = new(args);
        int count = arguments.Number("count", 100_000);
        int pairs = arguments.Number("pairs", 1);
        int smallPairs = arguments.Number("small-pairs", 7);
        List<Comparison> results = [await IdentityBenchmark.RunAsync(), .. await MapGatherBenchmark.RunAsync(count, pairs, smallPairs)];
        await Report.WriteAsync(results, arguments.Find("json"));
        return 0;
    }
}
