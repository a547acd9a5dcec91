namespace DaskK8s.Interactive;

/// <summary>Holds what a card shows of a cluster at one moment; <see cref="ClusterCard"/> makes HTML or text of it.</summary>
[TypeFormatterSource(typeof(ClusterSnapshotFormatters), PreferredMimeTypes = [MimeTypes.Html, MimeTypes.Text])]
public sealed record ClusterSnapshot
{
    /// <summary>Gets the release's name.</summary>
    public required string Release { get; init; }

    /// <summary>Gets the release's namespace.</summary>
    public required string Namespace { get; init; }

    /// <summary>Gets the kube context.</summary>
    /// <value>Null in a pod, and where it is not known.</value>
    public string? Context { get; init; }

    /// <summary>Gets the chart's name.</summary>
    /// <value>Empty where it is not known.</value>
    public string ChartName { get; init; } = "";

    /// <summary>Gets the chart's version.</summary>
    /// <value>Empty where it is not known.</value>
    public string ChartVersion { get; init; } = "";

    /// <summary>Gets the release's newest revision.</summary>
    /// <value>0 where it is not known.</value>
    public int Revision { get; init; }

    /// <summary>Gets the state of that revision.</summary>
    public HelmReleaseStatus Status { get; init; }

    /// <summary>Gets what is unusual about that state.</summary>
    /// <value>Null where nothing is.</value>
    public string? StatusExplanation { get; init; }

    /// <summary>Gets the scheduler's address for clients on this machine.</summary>
    /// <value>Null where the scheduler is not reached.</value>
    public string? SchedulerAddress { get; init; }

    /// <summary>Gets the dashboard's page.</summary>
    /// <value>Null where there is none.</value>
    public string? DashboardLink { get; init; }

    /// <summary>Gets where the release's Jupyter is served.</summary>
    /// <value>Null where it has none.</value>
    public string? JupyterLink { get; init; }

    /// <summary>Gets the version of <c>distributed</c> on the scheduler.</summary>
    /// <value>Null where it is not known.</value>
    public string? DaskVersion { get; init; }

    /// <summary>Gets the worker groups, the default one first.</summary>
    public IReadOnlyList<GroupSnapshot> Groups { get; init; } = [];

    /// <summary>Gets how many workers the scheduler knows that are of no group of the release.</summary>
    public int OtherWorkers { get; init; }

    /// <summary>Gets what could not be read or used, and why.</summary>
    public IReadOnlyList<string> Limitations { get; init; } = [];

    /// <summary>Takes a snapshot of what a cluster object read last; nobody is asked.</summary>
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

    /// <summary>Returns the snapshot with what a scaling or a wait told about one group.</summary>
    /// <param name="progress">How far the group is.</param>
    /// <returns>The same snapshot where it has no such group.</returns>
    public ClusterSnapshot With(WorkerGroupProgress progress)
    {
        ArgumentNullException.ThrowIfNull(progress);
        return this with { Groups = [.. Groups.Select(g => g.Name == progress.Group ? g.With(progress) : g)] };
    }

    /// <summary>Returns the card as text.</summary>
    /// <returns>The text.</returns>
    public override string ToString() => ClusterCard.ToText(this);
}
