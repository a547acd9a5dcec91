using DaskK8s.Helm.Records;
using DaskK8s.Testing;
using DaskK8s.Tests.Rigs;
using DaskK8s.Tests.Rigs.Cluster;

namespace DaskK8s.Tests.Docs;

/// <summary>Does with one release what the columns of the table name, and gives a word for each.</summary>
internal sealed class ShapeRun(EmbeddedCluster kubernetes, k8s.Kubernetes client, ReleaseShape shape, DaskRelease release)
{
    private const string Yes = "yes";
    private const string None = "–";

    public async Task<IReadOnlyList<string>> RunAsync(CancellationToken cancellationToken)
    {
        await (shape.Before?.Invoke(kubernetes, client, release, cancellationToken) ?? Task.CompletedTask);
        string discovery = await DiscoverAsync(cancellationToken);
        string connect = Yes;
        HelmCluster cluster;
        try
        {
            if (shape.Tls is not null)
            {
                Func<Task> without = () => HelmCluster.ConnectAsync(release.Name, Options() with { Tls = null }, cancellationToken);
                await without.Should().ThrowAsync<DaskTlsException>();
                connect = "asks for certificates, connects with them";
            }

            cluster = await HelmCluster.ConnectAsync(release.Name, Options(), cancellationToken);
        }
        catch (HelmReleaseInstanceException e)
        {
            return [$"names {e.Instances.Count} instances", None, None, None, None, None, None, None, discovery];
        }
        catch (DaskK8sException e) when (IsTheReason(e))
        {
            return [shape.Says, None, None, None, None, None, None, None, discovery];
        }

        await using (cluster)
        {
            if (shape.Meanwhile is { } meanwhile)
            {
                await WaitAsync(cluster, cancellationToken);
                await meanwhile(kubernetes, client, release, cancellationToken);
                kubernetes.Faults.CutPortForwards();
            }

            string groups = await CellAsync(() => GroupsAsync(cluster, cancellationToken));
            string wait = await CellAsync(() => WaitAsync(cluster, cancellationToken));
            string lossless = None;
            string scale = await CellAsync(async () =>
            {
                (string grown, lossless) = await ScaleAsync(cluster, cancellationToken);
                return grown;
            });
            return [connect, groups, Declared(cluster), scale, lossless, wait, await CellAsync(() => LogsAsync(cluster, cancellationToken)), NextUpgrade(cluster), discovery];
        }
    }

    private bool IsTheReason(Exception e) => shape.Reason is { } reason && e.Message.Contains(reason, StringComparison.Ordinal);

    private async Task<string> CellAsync(Func<Task<string>> cell)
    {
        try
        {
            return await cell();
        }
        catch (DaskK8sException e) when (IsTheReason(e))
        {
            return shape.Says;
        }
    }

    private HelmClusterOptions Options() => new()
    {
        KubeconfigPath = kubernetes.KubeconfigPath,
        Namespace = shape.Namespace ?? release.Namespace,
        Instance = shape.Instance,
        Tls = shape.Tls,
        SchedulerAddress = shape.SchedulerAddress,
        LocalSchedulerPort = 0,
        LocalDashboardPort = 0,
    };

    private async Task<string> DiscoverAsync(CancellationToken cancellationToken)
    {
        DiscoveryResult found = await HelmCluster.DiscoverAsync(Options() with { Namespace = release.Namespace }, cancellationToken: cancellationToken);
        DiscoveredRelease? own = found.Releases.FirstOrDefault(r => r.Name == release.Name && (shape.Instance is null || r.Instance == shape.Instance));
        return own switch
        {
            null => "not listed",
            { Instance: not null } => "each instance",
            { Status: { } status and not HelmReleaseStatus.Deployed } => $"as {status.ToHelm()}",
            { ManagedBy: { } by and not "Helm" } => $"as {by.Split(' ')[0]}{(by.StartsWith("Argo", StringComparison.Ordinal) ? " CD" : "")}'s",
            _ => Yes,
        };
    }

    private async Task<string> GroupsAsync(HelmCluster cluster, CancellationToken cancellationToken)
    {
        await cluster.GetWorkerGroupsAsync(cancellationToken);
        (string, int)[] expected = [(release.WorkerComponent, release.Workers), .. release.Groups.Select(static g => (g.Name, g.Replicas))];
        return cluster.WorkerGroups.Select(static g => (g.Name, g.Desired)).SequenceEqual(expected) ? Yes : "no";
    }

    private static string Declared(HelmCluster cluster) => cluster.WorkerGroups.All(static g => g.Declared is not null) ? Yes
        : cluster.Limitations.Any(static l => l.Feature.Contains("declared replicas", StringComparison.Ordinal)) ? "unknown, says why"
        : "no";

    private async Task<(string Scale, string Lossless)> ScaleAsync(HelmCluster cluster, CancellationToken cancellationToken)
    {
        int own = shape.Group is null ? release.Workers : release.Groups.Single(g => g.Name == shape.Group).Replicas;
        string scale = (await cluster.ScaleAsync(own + 1, shape.Group, cancellationToken)).After == own + 1 ? Yes : "no";
        await CellAsync(() => WaitAsync(cluster, cancellationToken));
        try
        {
            ScaleResult result = await cluster.ScaleAsync(own, shape.Group, cancellationToken);
            return (scale, result.After == own && result.Retired.Count == 1 ? Yes : "no");
        }
        catch (LosslessScaleDownException e) when (e.Obstacle == LosslessScaleDownObstacle.OtherScheduler)
        {
            return (scale, "refused, names the scheduler");
        }
        catch (LosslessScaleDownException e) when (IsTheReason(e))
        {
            return (scale, "refused, " + shape.Says);
        }
    }

    private async Task<string> WaitAsync(HelmCluster cluster, CancellationToken cancellationToken)
    {
        try
        {
            await cluster.WaitForWorkersAsync(TimeSpan.FromMinutes(2), cancellationToken: cancellationToken);
            return Yes;
        }
        catch (WorkersNotReadyException e) when (!IsTheReason(e))
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
