using System.Collections;
using System.Management.Automation;

namespace DaskK8s.PowerShell;

/// <summary>Starts to scale worker groups with the workload.</summary>
[Cmdlet(VerbsLifecycle.Start, "DaskAdaptive", SupportsShouldProcess = true, DefaultParameterSetName = GroupSet)]
[OutputType(typeof(DaskAdaptive))]
public sealed class StartDaskAdaptiveCommand : ClusterCmdlet
{
    private const string GroupSet = "Group";
    private const string RangeSet = "Range";

    /// <summary>How long to wait for the first decision, so that the output shows more than the start.</summary>
    private static readonly TimeSpan FirstDecisionLimit = TimeSpan.FromSeconds(10);

    // A release is adapted by one loop, so the groups of a pipeline are collected.
    private readonly Dictionary<HelmCluster, Dictionary<string, AdaptiveRange>> _ranges = [];

    /// <summary>Gets or sets the groups.</summary>
    [Parameter(Position = 0, ParameterSetName = GroupSet, HelpMessage = "The groups to scale adaptively. By default the default group.")]
    [Alias("Name", "Group")]
    [ArgumentCompleter(typeof(GroupCompleter))]
    public string[]? WorkerGroup { get; set; }

    /// <summary>Gets or sets the group, as an object.</summary>
    [Parameter(ValueFromPipeline = true, ParameterSetName = GroupSet, HelpMessage = "The group, as Get-DaskWorkerGroup returns it.")]
    public WorkerGroup? InputObject { get; set; }

    /// <summary>Gets or sets the minimum number of pods.</summary>
    [Parameter(ParameterSetName = GroupSet, HelpMessage = "The minimum number of pods of each group; 0 by default.")]
    [ValidateRange(0, int.MaxValue)]
    public int Minimum { get; set; }

    /// <summary>Gets or sets the maximum number of pods.</summary>
    [Parameter(Mandatory = true, ParameterSetName = GroupSet, HelpMessage = "The maximum number of pods of each group.")]
    [ValidateRange(0, int.MaxValue)]
    public int Maximum { get; set; }

    /// <summary>Gets or sets the groups with their ranges.</summary>
    [Parameter(Mandatory = true, ParameterSetName = RangeSet, HelpMessage = "The groups that adapt, each with its minimum and maximum number of pods: @{ worker = 1, 20; 'gpu-workers' = 0, 4 }.")]
    public IDictionary Range { get; set; } = new Hashtable();

    /// <summary>Gets or sets the interval between decisions.</summary>
    [Parameter(HelpMessage = "How often the demand is read; 5s by default.")]
    [Age]
    public TimeSpan? Interval { get; set; }

    /// <summary>Gets or sets the time in which the outstanding work should be done.</summary>
    [Parameter(HelpMessage = "The target duration of the outstanding work; 30s by default. A shorter duration needs more workers.")]
    [Age]
    public TimeSpan? TargetDuration { get; set; }

    /// <summary>Gets or sets how long a group does not scale down after it scaled up.</summary>
    [Parameter(HelpMessage = "How long a group does not shrink after it has grown; 60s by default.")]
    [Age]
    public TimeSpan? CoolDown { get; set; }

    /// <summary>Gets or sets the time without work after which all groups scale down to their minimum.</summary>
    [Parameter(HelpMessage = "The idle time after which all groups go to their minimum at once. By default, they shrink step by step.")]
    [Age]
    public TimeSpan? IdleTimeout { get; set; }

    /// <summary>Gets or sets the cluster.</summary>
    [Parameter(ValueFromPipeline = true, ValueFromPipelineByPropertyName = true, HelpMessage = "The cluster, or its name. By default the groups' own, otherwise the current one.")]
    [ClusterName]
    [ArgumentCompleter(typeof(ClusterCompleter))]
    public HelmCluster? Cluster { get; set; }

    /// <summary>Collects the groups.</summary>
    protected override void ProcessRecord()
    {
        HelmCluster cluster = Choose(Cluster);
        if (!_ranges.TryGetValue(cluster, out Dictionary<string, AdaptiveRange>? ranges))
        {
            _ranges[cluster] = ranges = new Dictionary<string, AdaptiveRange>(StringComparer.Ordinal);
        }

        if (ParameterSetName == RangeSet)
        {
            foreach (DictionaryEntry entry in Range)
            {
                Add(cluster, ranges, entry.Key.ToString(), () => ToRange(entry.Value));
            }

            return;
        }

        foreach (string? name in InputObject is { } group ? [group.Name] : WorkerGroup ?? [null!])
        {
            Add(cluster, ranges, name, () => new AdaptiveRange(Minimum, Maximum));
        }
    }

    /// <summary>Starts adaptive scaling.</summary>
    protected override void EndProcessing()
    {
        foreach ((HelmCluster cluster, Dictionary<string, AdaptiveRange> ranges) in _ranges)
        {
            string groups = string.Join(", ", ranges.Select(static r => FormattableString.Invariant($"{r.Key} {r.Value.Minimum}..{r.Value.Maximum}")));
            if (ranges.Count > 0 && ShouldProcess(cluster.Name, $"scale worker groups with the work: {groups}"))
            {
                Start(DaskSession.Current, cluster, ranges);
            }
        }
    }

    private static AdaptiveRange ToRange(object? value)
    {
        int[] numbers = LanguagePrimitives.ConvertTo<int[]>(value);
        return numbers.Length == 2
            ? new AdaptiveRange(numbers[0], numbers[1])
            : throw new ArgumentException("A range is two numbers, the minimum and the maximum number of pods: @{ worker = 1, 20 }.");
    }

    private void Add(HelmCluster cluster, Dictionary<string, AdaptiveRange> ranges, string? name, Func<AdaptiveRange> range)
    {
        try
        {
            if (FindGroup(cluster, name) is { } group)
            {
                ranges[group.Name] = range();
            }
        }
        catch (Exception e) when (e is ArgumentException or PSInvalidCastException)
        {
            Report(e, name);
        }
    }

    private void Start(DaskSession session, HelmCluster cluster, Dictionary<string, AdaptiveRange> ranges)
    {
        AdaptiveOptions defaults = new();
        AdaptiveOptions options = new()
        {
            Groups = ranges,
            Interval = Interval ?? defaults.Interval,
            TargetDuration = TargetDuration ?? defaults.TargetDuration,
            CoolDown = CoolDown ?? defaults.CoolDown,
            IdleTimeout = IdleTimeout,
        };
        Run(cluster, async (output, stopping) =>
        {
            if (session.FindAdaptive(cluster) is { IsRunning: true } running)
            {
                throw new AlreadyAdaptiveException(running);
            }

            AdaptiveScaling scaling = await cluster.AdaptAsync(options, stopping).ConfigureAwait(false);
            DaskAdaptive adaptive = new(cluster, ranges, scaling);
            await adaptive.WaitForFirstDecisionAsync(FirstDecisionLimit, stopping).ConfigureAwait(false);
            if (stopping.IsCancellationRequested || !session.TryAdd(adaptive))
            {
                await adaptive.StopAsync().ConfigureAwait(false);
                stopping.ThrowIfCancellationRequested();
                throw new AlreadyAdaptiveException(session.FindAdaptive(cluster));
            }

            output.Write(adaptive);
        });
    }
}
