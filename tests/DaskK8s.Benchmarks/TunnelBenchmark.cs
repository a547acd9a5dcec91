using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;

using DaskK8s.Benchmarks.Tunnel;
using DaskK8s.KubeApi;

namespace DaskK8s.Benchmarks;

/// <summary>Compares a forward with <c>kubectl port-forward</c> on a real cluster: the verb <c>tunnel</c>.</summary>
internal static class TunnelBenchmark
{
    private const long MiB = 1024 * 1024;
    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true };

    public static async Task<int> RunAsync(string[] args)
    {
        await using EmbeddedDataServer? embedded = args.Contains("--embedded") ? await EmbeddedDataServer.StartAsync() : null;
        if ((embedded?.Kubeconfig ?? CommandLine.Get(args, "--kubeconfig")) is not { } kubeconfig)
        {
            await Console.Error.WriteLineAsync(
                "Usage: tunnel --kubeconfig FILE | --embedded [--json OUT] [--pairs 7] [--kubectl kubectl] [--image IMAGE] [--transport Auto|SpdyOverWebSocket|Spdy|WebSocket] [--only download,rtt,…]");
            return 2;
        }

        int pairs = int.Parse(CommandLine.Get(args, "--pairs") ?? "7", CultureInfo.InvariantCulture);
        string kubectl = CommandLine.Get(args, "--kubectl") ?? "kubectl";
        string transport = CommandLine.Get(args, "--transport") ?? "Auto";
        string[]? only = CommandLine.Get(args, "--only")?.Split(',');
        using KubeConnection connection = await KubeConnectionFactory.OpenAsync(new KubeConfigOptions { KubeconfigPath = kubeconfig }, CancellationToken.None);
        await using DataPod pod = await DataPod.StartAsync(connection, embedded is null ? CommandLine.Get(args, "--image") : "none", embedded?.Direct);
        using ForwardProcess ours = await ForwardProcess.StartOursAsync(kubeconfig, pod.Namespace, transport);
        using ForwardProcess theirs = await ForwardProcess.StartKubectlAsync(kubectl, kubeconfig, pod.Namespace);

        TunnelComparison comparison = new(only, ours, theirs, pod.Direct);
        await comparison.WarmUpAsync();
        for (int pair = 0; pair < pairs; pair++)
        {
            await comparison.RunPairAsync(oursFirst: pair % 2 == 0);
            Console.WriteLine($"Pair {pair + 1} of {pairs} done.");
        }

        JsonObject report = [];
        foreach (Figure figure in comparison.Figures)
        {
            Console.WriteLine(figure);
            report[figure.Name] = figure.ToJson();
        }

        if (only is null || only.Contains("memory"))
        {
            double growth = await TunnelComparison.MemoryGrowthAsync(ours, 1024 * MiB);
            double kubectlGrowth = await TunnelComparison.MemoryGrowthAsync(theirs, 1024 * MiB);
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"memory_growth_mib {growth:0.0} (at most 32: {(growth <= 32 ? "reached" : "NOT reached")}), kubectl {kubectlGrowth:0.0}"));
            report["memory_growth_mib"] = new JsonObject
            {
                ["unit"] = "MiB",
                ["ours"] = Math.Round(growth, 2),
                ["kubectl"] = Math.Round(kubectlGrowth, 2),
                ["goal"] = "at most 32",
                ["reached"] = growth <= 32,
            };
        }

        if (CommandLine.Get(args, "--json") is { } json)
        {
            await File.WriteAllTextAsync(json, report.ToJsonString(Indented));
        }

        return 0;
    }
}
