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
        List<Comparison> results = [IdentityBenchmark.Run()];
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
}
