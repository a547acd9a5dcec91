using DaskK8s.Testing;
using DaskK8s.Tests.Rigs;
using DaskK8s.Tests.Rigs.Cluster;

namespace DaskK8s.Tests.Docs;

/// <summary>Does with one release what the columns of the table name, and gives a word for each.</summary>
internal sealed class ShapeRun(EmbeddedCluster kubernetes, ReleaseShape shape, DaskRelease release)
{
    private const string Yes = "yes";
    private const string None = "–";

    public async Task<IReadOnlyList<string>> RunAsync(CancellationToken cancellationToken)
    {
        string discovery = await DiscoverAsync(cancellationToken);
        HelmCluster cluster;
        try
        {
            cluster = await HelmCluster.ConnectAsync(release.Name, Options(), cancellationToken);
        }
        catch (HelmReleaseInstanceException e)
        {
            return [$"names {e.Instances.Count} instances", None, None, None, None, None, None, None, discovery];
        }
        catch (HelmReleaseObjectsMissingException e) when (e.Message.Contains("quota", StringComparison.Ordinal))
        {
            return ["says why it failed", None, None, None, None, None, None, None, discovery];
        }

        await using (cluster)
        {
            string groups = Groups(cluster);
            string wait = await WaitAsync(cluster, cancellationToken);
            (string scale, string lossless) = await ScaleAsync(cluster, cancellationToken);
            return [Yes, groups, Declared(cluster), scale, lossless, wait, await LogsAsync(cluster, cancellationToken), NextUpgrade(cluster), discovery];
        }
    }

    private HelmClusterOptions Options() => new()
    {
        KubeconfigPath = kubernetes.KubeconfigPath,
        Namespace = shape.Namespace ?? release.Namespace,
        Instance = shape.Instance,
        LocalSchedulerPort = 0,
        LocalDashboardPort = 0,
    };

    private async Task<string> DiscoverAsync(CancellationToken cancellationToken)
    {
        DiscoveryResult found = await HelmCluster.DiscoverAsync(Options() with { Namespace = release.Namespace }, cancellationToken: cancellationToken);
        DiscoveredRelease? own = found.Releases.FirstOrDefault(r => r.Name == release.Name && (shape.Instance is null || r.Instance == shape.Instance));
        return own switch
        {
            null => "no",
            { Instance: not null } => "each instance",
            { Status: { } status and not HelmReleaseStatus.Deployed } => $"as {status.ToString().ToLowerInvariant()}",
            { ManagedBy: { } by and not "Helm" } => $"as {by.Split(' ')[0]}{(by.StartsWith("Argo", StringComparison.Ordinal) ? " CD" : "")}'s",
            _ => Yes,
        };
    }

    private string Groups(HelmCluster cluster)
    {
        (string, int)[] expected = [(release.WorkerComponent, release.Workers), .. release.Groups.Select(static g => (g.Name, g.Replicas))];
        return cluster.WorkerGroups.Select(static g => (g.Name, g.Desired)).SequenceEqual(expected) ? Yes : "no";
    }

    private static string Declared(HelmCluster cluster) => cluster.WorkerGroups.All(static g => g.Declared is not null) ? Yes
        : cluster.Limitations.Any(static l => l.Feature.Contains("declared numbers", StringComparison.Ordinal)) ? "unknown, says why"
        : "no";

    private async Task<(string Scale, string Lossless)> ScaleAsync(HelmCluster cluster, CancellationToken cancellationToken)
    {
        WorkerGroup group = cluster.WorkerGroups.First(g => shape.Group is null ? g.IsDefault : g.Name == shape.Group);
        string scale = (await cluster.ScaleAsync(group.Desired + 1, group.Name, cancellationToken)).After == group.Desired + 1 ? Yes : "no";
        await WaitAsync(cluster, cancellationToken);
        try
        {
            ScaleResult result = await cluster.ScaleAsync(group.Desired, group.Name, cancellationToken);
            return (scale, result.After == group.Desired && result.Retired.Count == 1 ? Yes : "no");
        }
        catch (LosslessScaleDownException e) when (e.Obstacle == LosslessScaleDownObstacle.OtherScheduler)
        {
            return (scale, "refused, names the scheduler");
        }
    }

    private static async Task<string> WaitAsync(HelmCluster cluster, CancellationToken cancellationToken)
    {
        try
        {
            await cluster.WaitForWorkersAsync(TimeSpan.FromMinutes(2), cancellationToken: cancellationToken);
            return Yes;
        }
        catch (WorkersNotReadyException)
        {
            return "no";
        }
    }

    private static async Task<string> LogsAsync(HelmCluster cluster, CancellationToken cancellationToken)
    {
        bool areDasks = false;
        await Poll.UntilAsync(
            async () => areDasks = (await cluster.GetLogsAsync(null, cancellationToken)).Values.All(static text => text.Contains("distributed", StringComparison.Ordinal)));
        return areDasks ? Yes : "no";
    }

    private static string NextUpgrade(HelmCluster cluster)
    {
        try
        {
            string command = cluster.Release.GetUpgradeCommand();
            return cluster.Release.Values.IsEmpty ? "command only" : command.Contains("helm upgrade", StringComparison.Ordinal) ? Yes : "no";
        }
        catch (HelmReleaseManagedException e)
        {
            return e.ManagedBy is { } by ? $"left to {by.Split(" (")[0]}" : "not Helm's to make";
        }
    }
}
