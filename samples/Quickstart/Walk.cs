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

        foreach (ClusterLimitation limitation in cluster.Limitations)
        {
            Console.WriteLine($"  not available: {limitation}");
        }

        // A release of yours is only ever made larger here: three default workers become five, one GPU worker becomes two.
        WorkerGroup[] before = [.. cluster.WorkerGroups.Where(group => group.IsDefault || group.Name == GpuGroup)];
        try
        {
            foreach (WorkerGroup group in before)
            {
                await ScaleAsync(cluster, group, group.Desired + (group.IsDefault ? 2 : 1), cancellationToken);
            }

            await PrintSchedulerLogAsync(cluster, cancellationToken);
        }
        finally
        {
            await Restoration.RunAsync(cluster, before);
        }
    }

    private static async Task ScaleAsync(HelmCluster cluster, WorkerGroup group, int replicas, CancellationToken cancellationToken)
    {
        Stopwatch watch = Stopwatch.StartNew();
        await cluster.ScaleAsync(replicas, group.Name, cancellationToken);
        await cluster.WaitForWorkersAsync(cancellationToken: cancellationToken);
        Print($"Scaled {(group.IsDefault ? "the default group" : group.Name)} to {replicas} in {watch.Elapsed.TotalSeconds:0.0} s", cluster);
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
