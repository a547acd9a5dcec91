using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace DaskK8s.Benchmarks;

/// <summary>Compares running tasks with Python's own client: the verb <c>tasks</c>.</summary>
internal static class TasksBenchmark
{
    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true };

    public static async Task<int> RunAsync(string[] args)
    {
        int json = Array.IndexOf(args, "--json");
        int count = Option(args, "--count", 100_000);
        int rounds = Option(args, "--rounds", 3);
        List<Comparison> results = [IdentityBenchmark.Run(), .. await MapGatherBenchmark.RunAsync(count, rounds)];
        JsonObject report = [];
        foreach (Comparison result in results)
        {
            Console.WriteLine(result);
            report[result.Name] = result.ToJson();
        }

        if (json >= 0)
        {
            await File.WriteAllTextAsync(args[json + 1], report.ToJsonString(Indented));
        }

        return 0;
    }

    private static int Option(string[] args, string name, int otherwise)
    {
        int at = Array.IndexOf(args, name);
        return at >= 0 ? int.Parse(args[at + 1], CultureInfo.InvariantCulture) : otherwise;
    }
}
