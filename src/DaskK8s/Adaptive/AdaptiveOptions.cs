using DaskK8s.Common;

namespace DaskK8s;

/// <summary>The options of adaptive scaling.</summary>
public sealed record AdaptiveOptions
{
    /// <summary>Gets the groups that adapt and their ranges; other groups stay as they are.</summary>
    /// <value>Empty; at least one is needed.</value>
    public IDictionary<string, AdaptiveRange> Groups { get; init; } = new Dictionary<string, AdaptiveRange>(StringComparer.Ordinal);

    /// <summary>Gets the groups that grow for tasks that require no resource.</summary>
    /// <value>Null: those of <see cref="Groups"/> whose workers offer no resources, or all where each offers some.</value>
    public IReadOnlyCollection<string>? GroupsForPlainTasks { get; init; }

    /// <summary>Gets how often the demand is asked for.</summary>
    /// <value>5 s.</value>
    public TimeSpan Interval { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>Gets how soon the work at hand should be done: so many workers are wanted that it takes this long once they are there.</summary>
    /// <value>30 s.</value>
    public TimeSpan TargetDuration { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Gets what a pod is believed to take to start, until it has been seen: new pods are for the work that will be left then.</summary>
    /// <value>30 s.</value>
    public TimeSpan StartTime { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Gets how long after its last growth a group does not shrink.</summary>
    /// <value>60 s.</value>
    public TimeSpan CoolDown { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>Gets how many times in a row the demand must be lower before a group shrinks (Dask's <c>wait_count</c>).</summary>
    /// <value>3.</value>
    public int WaitCount { get; init; } = 3;

    /// <summary>Gets which share of a group may leave at once; one pod always may.</summary>
    /// <value>0.5.</value>
    public double MaxLeavingShare { get; init; } = 0.5;

    /// <summary>Gets which share of the workers' memory results may fill before more workers are wanted.</summary>
    /// <value>0.6, as Dask has it.</value>
    public double MemoryTarget { get; init; } = 0.6;

    /// <summary>Gets after what time without any task all groups go to their minimum at once.</summary>
    /// <value>Null: they shrink step by step, as the demand says.</value>
    public TimeSpan? IdleTimeout { get; init; }

    /// <summary>Gets how long the workers that leave may take to finish their tasks and hand over their results.</summary>
    /// <value>5 minutes.</value>
    public TimeSpan DrainTimeout { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>Gets how long a pod may find no node before its group stops growing.</summary>
    /// <value>30 s.</value>
    public TimeSpan UnschedulableAfter { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Gets whether a Lease keeps other loops off the release; where leases are forbidden it is done without.</summary>
    /// <value>True.</value>
    public bool UseLease { get; init; } = true;

    /// <summary>Gets how long another loop waits for one that has died.</summary>
    /// <value>30 s.</value>
    public TimeSpan LeaseDuration { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Checks the options, as adaptive scaling does before anything else.</summary>
    /// <exception cref="ArgumentException">An option is not valid.</exception>
    public void Validate()
    {
        if (Groups.Count == 0)
        {
            throw new ArgumentException("Name the groups that adapt: Groups = { [\"worker\"] = (0, 20) }.", nameof(Groups));
        }

        foreach ((string group, AdaptiveRange range) in Groups)
        {
            if (range.Minimum < 0 || range.Maximum < range.Minimum)
            {
                throw new ArgumentOutOfRangeException(nameof(Groups), range, $"The range of group {group} is not valid.");
            }
        }

        Guard.PositiveLimit(Interval, nameof(Interval));
        Guard.PositiveLimit(TargetDuration, nameof(TargetDuration));
        Guard.PositiveLimit(DrainTimeout, nameof(DrainTimeout));
        Guard.PositiveLimit(LeaseDuration, nameof(LeaseDuration));
        ArgumentOutOfRangeException.ThrowIfLessThan(StartTime, TimeSpan.Zero);
        ArgumentOutOfRangeException.ThrowIfLessThan(CoolDown, TimeSpan.Zero);
        ArgumentOutOfRangeException.ThrowIfLessThan(UnschedulableAfter, TimeSpan.Zero);
        ArgumentOutOfRangeException.ThrowIfLessThan(WaitCount, 1);
        if (IdleTimeout is { } idle)
        {
            Guard.PositiveLimit(idle, nameof(IdleTimeout));
        }

        ThrowIfNoShare(MaxLeavingShare, nameof(MaxLeavingShare));
        ThrowIfNoShare(MemoryTarget, nameof(MemoryTarget));
    }

    private static void ThrowIfNoShare(double value, string name)
    {
        if (value is not (> 0 and <= 1))
        {
            throw new ArgumentOutOfRangeException(name, value, "A share must be more than 0 and at most 1.");
        }
    }
}
