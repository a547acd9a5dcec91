using DaskK8s;

namespace Quickstart;

/// <summary>Puts groups back to the numbers that they had, also after Ctrl-C.</summary>
internal static class Restoration
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);

    public static async Task RunAsync(HelmCluster cluster, IReadOnlyList<WorkerGroup> before)
    {
        using CancellationTokenSource limit = new(Limit);
        List<string> restored = [];
        foreach (WorkerGroup group in before)
        {
            try
            {
                await RestoreAsync(cluster, group, limit.Token);
                restored.Add($"{group.Name}={group.Desired}");
            }
            catch (Exception e) when (e is DaskK8sException or OperationCanceledException)
            {
                await Console.Error.WriteLineAsync($"Group {group.Name} could not be put back to {group.Desired}: {e.Message}");
            }
        }

        Console.WriteLine($"Restored: {string.Join(", ", restored)}");
    }

    private static async Task RestoreAsync(HelmCluster cluster, WorkerGroup group, CancellationToken cancellationToken)
    {
        try
        {
            await cluster.ScaleAsync(group.Desired, group.Name, cancellationToken);
        }
        catch (LosslessScaleDownException)
        {
            // Servers before 1.22 choose the victims themselves. Where no worker holds or runs anything, nothing can be lost.
            SchedulerInfo info = await cluster.GetSchedulerInfoAsync(cancellationToken);
            if (info.Workers.Any(worker => worker.Tasks != default))
            {
                throw;
            }

            await cluster.ScaleAsync(group.Desired, new ScaleOptions { ScaleDown = ScaleDown.Immediate }, group.Name, cancellationToken);
        }
    }
}
