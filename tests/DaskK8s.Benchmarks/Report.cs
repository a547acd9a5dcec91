using System.Text.Json;
using System.Text.Json.Nodes;

namespace DaskK8s.Benchmarks;

/// <summary>Prints comparisons and writes them to a file, each under its name.</summary>
internal static class Report
{
    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true };

    public static async Task WriteAsync(IEnumerable<Comparison> comparisons, string? path)
    {
        JsonObject report = [];
        foreach (Comparison comparison in comparisons)
        {
            Console.WriteLine(comparison);
            report[comparison.Name] = comparison.ToJson();
        }

        if (path is not null)
        {
            await File.WriteAllTextAsync(path, report.ToJsonString(Indented));
        }
    }
}
