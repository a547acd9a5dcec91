namespace DaskK8s.Interactive;

/// <summary>A snapshot of a cluster for a card; <see cref="ClusterCard"/> converts it to HTML or text.</summary>
[TypeFormatterSource(typeof(ClusterSnapshotFormatters), PreferredMimeTypes = [MimeTypes.Html, MimeTypes.Text])]
public sealed record ClusterSnapshot
{
    /// <summary>Gets the release's name.</summary>
    public required string Release { get; init; }

    /// <summary>Gets the release's namespace.</summary>
    public required string Namespace { get; init; }

    /// <summary>Gets the kube context.</summary>
    /// <value>Null in a pod, or if it is unknown.</value>
    public string? Context { get; init; }

    /// <summary>Gets the chart's name.</summary>
    /// <value>Empty if unknown.</value>
    public string ChartName { get; init; } = "";

    /// <summary>Gets the chart's version.</summary>
    /// <value>Empty if unknown.</value>
    public string ChartVersion { get; init; } = "";

    /// <summary>Gets the release's newest revision.</summary>
    /// <value>0 if it is unknown.</value>
    public int Revision { get; init; }

    /// <summary>Gets the status of the newest revision.</summary>
    public HelmReleaseStatus Status { get; init; }

    /// <summary>Gets an explanation of an unusual status.</summary>
    /// <value>Null if the status is not unusual.</value>
    public string? StatusExplanation { get; init; }

    /// <summary>Gets the scheduler's address for clients on this machine.</summary>
    /// <value>Null if the scheduler is not connected.</value>
    public string? SchedulerAddress { get; init; }

    /// <summary>Gets the address of the dashboard.</summary>
    /// <value>Null if there is none.</value>
    public string? DashboardLink { get; init; }

    /// <summary>Gets the address of the release's Jupyter.</summary>
    /// <value>Null if it has none.</value>
    public string? JupyterLink { get; init; }

    /// <summary>Gets the version of <c>distributed</c> on the scheduler.</summary>
    /// <value>Null if unknown.</value>
    public string? DaskVersion { get; init; }

    /// <summary>Gets the worker groups, the default one first.</summary>
    public IReadOnlyList<GroupSnapshot> Groups { get; init; } = [];

    /// <summary>Gets the number of connected workers that belong to no group of the release.</summary>
    public int OtherWorkers { get; init; }

    /// <summary>Gets the features that are not available, and why.</summary>
    public IReadOnlyList<string> Limitations { get; init; } = [];

    /// <summary>Creates a snapshot of the last known state of a cluster; no calls are made.</summary>
    /// <param name="cluster">The cluster.</param>
    /// <returns>The snapshot.</returns>
    public static ClusterSnapshot Of(HelmCluster cluster)
    {
        ArgumentNullException.ThrowIfNull(cluster);
        HelmRelease release = cluster.Release;
        SchedulerInfo? scheduler = cluster.SchedulerInfo;
        IReadOnlyList<WorkerGroup> groups = cluster.WorkerGroups;
        bool areGroupsKnown = scheduler is { HasAllWorkers: true } && (scheduler.Workers.Count == 0 || groups.Any(static g => g.Pods.Count > 0));
        return new ClusterSnapshot
        {
            Release = release.Name,
            Namespace = cluster.Namespace,
            Context = cluster.Context,
            ChartName = release.ChartName,
            ChartVersion = release.ChartVersion,
            Revision = release.Revision,
            Status = release.Status,
            StatusExplanation = release.StatusExplanation,
            SchedulerAddress = cluster.SchedulerAddress,
            DashboardLink = cluster.DashboardLink,
            JupyterLink = cluster.JupyterLink,
            DaskVersion = scheduler?.Version,
            Groups = [.. groups.Select(g => GroupSnapshot.Of(g, areGroupsKnown ? scheduler : null))],
            OtherWorkers = areGroupsKnown ? scheduler!.Workers.Count(w => !groups.Any(g => g.Name == w.Group)) : 0,
            Limitations = [.. cluster.Limitations.Select(static l => l.ToString())],
        };
    }

    /// <summary>Returns the snapshot with the progress of one group, as reported by a scaling or a wait.</summary>
    /// <param name="progress">The progress of the group.</param>
    /// <returns>The updated snapshot, or the same one if it has no such group.</returns>
    public ClusterSnapshot With(WorkerGroupProgress progress)
    {
        ArgumentNullException.ThrowIfNull(progress);
        return this with { Groups = [.. Groups.Select(g => g.Name == progress.Group ? g.With(progress) : g)] };
    }

    /// <summary>Returns the card as text.</summary>
    /// <returns>The string.</returns>
    public override string ToString() => ClusterCard.ToText(this);
}
