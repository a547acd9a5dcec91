using System.Diagnostics;
using System.Globalization;
using System.Text.Json.Nodes;

using DaskK8s.Tests.Rigs.Differential;

namespace DaskK8s.Benchmarks;

/// <summary>Compares the library's reading of generated YAML and kubeconfigs with kubectl's for a while: the verb <c>differential</c>.</summary>
internal static class DifferentialVerb
{
    private const int Batch = 1000;

    public static async Task<int> RunAsync(string[] args)
    {
        Arguments arguments = new(args);
        double minutes = double.Parse(arguments.Find("minutes") ?? "1", CultureInfo.InvariantCulture);
        int seed = arguments.Number("seed", Random.Shared.Next());
        KubectlOracle? oracle = arguments.Find("kubectl") is { } named ? new KubectlOracle(named) : KubectlOracle.Find();
        if (oracle is null)
        {
            await Console.Error.WriteLineAsync(KubectlOracle.Missing);
            return 2;
        }

        Console.WriteLine($"seed {seed}");
        DifferentialRun run = new(oracle, seed);
        long start = Stopwatch.GetTimestamp();
        int shown = 0;
        do
        {
            await run.CompareValuesAsync(Batch);
            await run.CompareKubeconfigsAsync(Batch / 4);
            foreach (string disagreement in run.Disagreements.Skip(shown).Take(20))
            {
                Console.WriteLine(disagreement);
            }

            shown = run.Disagreements.Count;
        }
        while (Stopwatch.GetElapsedTime(start) < TimeSpan.FromMinutes(minutes));

        Console.WriteLine($"tried {run.Tried}: both take {run.Agreed}, both refuse {run.Refused}, disagreements {run.Disagreements.Count}, crashes {run.Crashes.Count}");
        foreach ((string reason, int count) in run.Excused)
        {
            Console.WriteLine($"{count} meant: {reason}");
        }

        foreach (string crash in run.Crashes.Take(5))
        {
            Console.WriteLine(crash);
        }

        if (arguments.Find("json") is { } path)
        {
            JsonObject report = new()
            {
                ["seed"] = seed,
                ["tried"] = run.Tried,
                ["agreed"] = run.Agreed,
                ["refused"] = run.Refused,
                ["disagreements"] = run.Disagreements.Count,
                ["crashes"] = run.Crashes.Count,
                ["excused"] = new JsonObject(run.Excused.Select(excused => KeyValuePair.Create(excused.Key, (JsonNode?)excused.Value))),
            };
            await File.WriteAllTextAsync(path, report.ToJsonString());
        }

        return run.Disagreements.Count + run.Crashes.Count == 0 ? 0 : 1;
    }
}
