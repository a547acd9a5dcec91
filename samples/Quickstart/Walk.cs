using System.Diagnostics;

using DaskK8s;

namespace Quickstart;

/// <summary>Walks through a release and leaves it as it was.</summary>
internal static class Walk
{
    private const string GpuGroup = "gpu-workers";

    public static async Task RunAsync(HelmCluster cluster, CancellationToken cancellationToken)
    {
        await cluster.WaitForWorkersAsync(cancellationToken: cancellationToken);
        Print("Connected", cluster);
        Console.WriteLine($"  chart {cluster.Release.ChartName} {cluster.Release.ChartVersion}, revision {cluster.Release.Revision}, {cluster.Release.Status}");
        Console.WriteLine($"  dashboard {cluster.DashboardLink}");
        foreach (WorkerGroup group in cluster.WorkerGroups)
        {
            Console.WriteLine($"  {group}");
        }

        Dictionary<string, int> before = cluster.WorkerGroups.ToDictionary(group => group.Name, group => group.Desired);
        try
        {
            await ScaleAsync(cluster, 5, null, cancellationToken);
            if (before.ContainsKey(GpuGroup))
            {
                await ScaleAsync(cluster, 2, GpuGroup, cancellationToken);
            }

            await PrintSchedulerLogAsync(cluster, cancellationToken);
        }
        finally
        {
            // Ctrl-C ends the walk, but a real release gets its replicas back all the same.
            using CancellationTokenSource limit = new(TimeSpan.FromSeconds(20));
            foreach ((string group, int replicas) in before)
            {
                // Nothing was computed here, so there is nothing that a lossless scale-down would have to move.
                await cluster.ScaleAsync(replicas, new ScaleOptions { ScaleDown = ScaleDown.Immediate }, group, limit.Token);
            }

            Console.WriteLine($"Restored: {string.Join(", ", before.Select(group => $"{group.Key}={group.Value}"))}");
        }
    }

    private static async Task ScaleAsync(HelmCluster cluster, int replicas, string? group, CancellationToken cancellationToken)
    {
        Stopwatch watch = Stopwatch.StartNew();
        await cluster.ScaleAsync(replicas, group, cancellationToken);
        await cluster.WaitForWorkersAsync(cancellationToken: cancellationToken);
        Print($"Scaled {group ?? "the default group"} to {replicas} in {watch.Elapsed.TotalSeconds:0.0} s", cluster);
    }

    private static async Task PrintSchedulerLogAsync(HelmCluster cluster, CancellationToken cancellationToken)
    {
        Console.WriteLine("The scheduler's log, its last lines:");
        IReadOnlyDictionary<string, string> logs = await cluster.GetLogsAsync(
            new PodLogFilter { Component = PodComponent.Scheduler, TailLines = 5 }, cancellationToken);
        foreach (string line in logs.Values.SelectMany(log => log.Split('\n', StringSplitOptions.RemoveEmptyEntries)))
        {
            Console.WriteLine($"  {line}");
        }
    }

    private static void Print(string step, HelmCluster cluster) => Console.WriteLine($"{step}: {cluster}");
}
