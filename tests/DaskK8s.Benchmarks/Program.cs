using DaskK8s.Benchmarks;
using DaskK8s.Benchmarks.Data;
using DaskK8s.Benchmarks.Growth;
using DaskK8s.Benchmarks.PowerShell;
using DaskK8s.Benchmarks.Scaling;
using DaskK8s.Benchmarks.Torture;
using DaskK8s.Benchmarks.Tunnel;

Dictionary<string, Func<string[], Task<int>>> verbs = new()
{
    ["release"] = ReleaseVerb.RunAsync,
    ["connect"] = ConnectBenchmark.RunAsync,
    ["powershell-import"] = PowerShellImportBenchmark.RunAsync,
    ["tasks"] = TasksBenchmark.RunAsync,
    ["tunnel"] = TunnelBenchmark.RunAsync,
    ["forward"] = ForwardVerb.RunAsync,
    ["tasks-client"] = MapGatherBenchmark.RunClientAsync,
    ["data"] = DataBenchmark.RunAsync,
    [DataBenchmark.ClientVerb] = DataClient.RunAsync,
    ["differential"] = DifferentialVerb.RunAsync,
    ["scale-soak"] = ScaleSoak.RunAsync,
    [SoakClient.Verb] = SoakClient.RunAsync,
    ["growth"] = GrowthVerb.RunAsync,
    ["growth-server"] = GrowthServer.RunAsync,
    ["torture"] = TortureVerb.RunAsync,
};
if (args.Length == 0 || !verbs.TryGetValue(args[0], out Func<string[], Task<int>>? verb))
{
    Console.Error.WriteLine($"Usage: DaskK8s.Benchmarks VERB [--json OUT], where VERB is one of: {string.Join(", ", verbs.Keys)}");
    return 2;
}

return await verb(args[1..]);
