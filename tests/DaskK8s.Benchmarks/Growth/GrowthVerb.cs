using System.Diagnostics;
using System.Text.Json;
using System.Text.Json.Nodes;

using DaskK8s.Testing;

using k8s;
using k8s.Models;

namespace DaskK8s.Benchmarks.Growth;

/// <summary>Measures what calls cost with ten thousand pods beside ten, or beside kubectl: the verb <c>growth</c>.</summary>
internal static class GrowthVerb
{
    private const string Usage = "Usage: growth [--json OUT] [--pods 10000] [--pairs 7] [--releases 1000] [--tasks 1000000] [--kubectl FILE] [--only connect,history,kubectl,shrink,grow,wait,logs,discover,submit]";

    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true };

    public static async Task<int> RunAsync(string[] args)
    {
        Arguments arguments = new(args);
        if (arguments.Has("help"))
        {
            Console.WriteLine(Usage);
            return 0;
        }

        int pods = arguments.Number("pods", 10_000);
        int pairs = arguments.Number("pairs", 7);
        string[] only = arguments.Find("only")?.Split(',') ?? ["connect", "history", "kubectl", "shrink", "grow", "wait", "logs", "discover", "submit"];
        List<GrowthFigure> figures = [];
        void Add(IReadOnlyList<GrowthFigure> some)
        {
            figures.AddRange(some);
            Console.WriteLine(string.Join(Environment.NewLine, some));
        }

        await using (GrowthServer server = await GrowthServer.StartAsync())
        {
            GrowthRuns runs = new(server, pairs);
            if (only.Intersect(["connect", "kubectl", "shrink", "grow", "wait"]).Any())
            {
                Add(await runs.FillAsync(pods));
            }

            if (only.Contains("connect"))
            {
                Add(await runs.CompareConnectAsync("connect_pods", "large", "small", "10 pods"));
            }

            if (only.Contains("history"))
            {
                await runs.InstallAsync(new DaskRelease { Namespace = "one", Workers = 1, Padding = 700_000 });
                await runs.InstallAsync(new DaskRelease { Namespace = "ten", Workers = 1, Padding = 700_000, Revision = 10 });
                Add(await runs.CompareConnectAsync("connect_history", "ten", "one", "one revision"));
            }

            if (only.Contains("kubectl"))
            {
                Add([await runs.CompareWithKubectlAsync(Tunnel.KubectlFinder.Find(arguments.Find("kubectl")), "large")]);
            }

            // Before others come that have no workers.
            if (only.Contains("shrink"))
            {
                Add([await runs.CompareShrinkingAsync("large", "small")]);
            }

            if (only.Contains("grow"))
            {
                Add([await runs.CompareGrowingAsync("large", "small")]);
            }

            if (only.Contains("wait"))
            {
                Add(await runs.MeasureWaitAsync("large"));
            }

            if (only.Contains("logs"))
            {
                await runs.InstallAsync(new DaskRelease { Namespace = "logs", Workers = 1000 });
                await runs.WaitAsync("logs", 1000);
                await server.DoAsync("log logs 30");
                Add(await runs.CompareLogsAsync(Tunnel.KubectlFinder.Find(arguments.Find("kubectl")), "logs"));
            }
        }

        if (only.Contains("discover"))
        {
            await using GrowthServer server = await GrowthServer.StartAsync();
            Add(await new GrowthRuns(server, Math.Min(pairs, 3)).MeasureDiscoveryAsync(arguments.Number("releases", 1000)));
        }

        if (only.Contains("submit"))
        {
            (double[] ours, double[] theirs, double[] memory) = await MapGatherBenchmark.StreamAsync(arguments.Number("tasks", 1_000_000), Math.Min(pairs, 3));
            Add([
                new GrowthFigure("submit_million", "tasks/s", "Python at a tenth", 1.1, ours, theirs) { IsMinimum = true },
                new GrowthFigure("submit_million_memory", "MiB", "", 256, memory, []),
            ]);
        }

        JsonObject report = new()
        {
            ["machine"] = $"{Environment.ProcessorCount} processors, {Environment.OSVersion}, .NET {Environment.Version}",
            ["pods"] = pods,
        };
        foreach (GrowthFigure figure in figures)
        {
            report[figure.Name] = figure.ToJson();
        }

        if (arguments.Find("json") is { } path)
        {
            await File.WriteAllTextAsync(path, report.ToJsonString(Indented));
        }

        return 0;
    }
}
