using System.Text.Json;

namespace DaskK8s.Benchmarks.Torture;

/// <summary>Runs the torture chamber from the command line: <c>torture --minutes N --seed N --threads N --processes true|false --json OUT</c>.</summary>
internal static class TortureVerb
{
    private static readonly JsonSerializerOptions s_json = new() { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower, WriteIndented = true };

    public static async Task<int> RunAsync(string[] args)
    {
        Arguments arguments = new(args);
        TortureOptions options = new()
        {
            Duration = TimeSpan.FromMinutes(arguments.Number("minutes", 10)),
            Seed = arguments.Number("seed", 1),
            Threads = arguments.Number("threads", 8),
            DaskProcesses = arguments.Find("processes") != "false",
        };
        string? output = arguments.Find("json");

        // A process that dies leaves its last words where the figures are looked for.
        AppDomain.CurrentDomain.UnhandledException += (_, e) =>
        {
            Console.Error.WriteLine($"crashed: {e.ExceptionObject}");
            if (output is not null)
            {
                File.WriteAllText(output, JsonSerializer.Serialize(new { crashed = 1, error = e.ExceptionObject.ToString() }, s_json));
            }
        };
        TortureReport report = await TortureRun.RunAsync(options, Console.Error.WriteLine, CancellationToken.None);
        string json = JsonSerializer.Serialize(report, s_json);
        Console.WriteLine(json);
        if (output is not null)
        {
            await File.WriteAllTextAsync(output, json);
        }

        return report.IsClean ? 0 : 1;
    }
}
