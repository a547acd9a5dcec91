using DaskK8s.Common;

namespace DaskK8s;

/// <summary>The options of adaptive scaling.</summary>
public sealed record AdaptiveOptions
{
    /// <summary>Gets the groups to scale and their ranges; other groups are not changed.</summary>
    /// <value>Empty; at least one group is required.</value>
    public IDictionary<string, AdaptiveRange> Groups { get; init; } = new Dictionary<string, AdaptiveRange>(StringComparer.Ordinal);

    /// <summary>Gets the groups that grow for tasks that require no resources.</summary>
    /// <value>Null: the groups in <see cref="Groups"/> whose workers offer no resources, or all groups if each offers some.</value>
    public IReadOnlyCollection<string>? GroupsForPlainTasks { get; init; }

    /// <summary>Gets the interval at which the demand is read.</summary>
    /// <value>5 s.</value>
    public TimeSpan Interval { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>Gets the time in which the outstanding work should complete once the workers are ready.</summary>
    /// <value>30 s.</value>
    public TimeSpan TargetDuration { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Gets the assumed start time of a pod until it has been measured: new pods are sized for the work that will remain by then.</summary>
    /// <value>30 s.</value>
    public TimeSpan StartTime { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Gets the time after its last growth during which a group does not shrink.</summary>
    /// <value>60 s.</value>
    public TimeSpan CoolDown { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>Gets the number of consecutive lower demands before a group shrinks (Dask's <c>wait_count</c>).</summary>
    /// <value>3.</value>
    public int WaitCount { get; init; } = 3;

    /// <summary>Gets the maximum share of a group that may be removed at once; one pod can always be removed.</summary>
    /// <value>0.5.</value>
    public double MaxLeavingShare { get; init; } = 0.5;

    /// <summary>Gets the share of the workers' memory that results may fill before more workers are requested.</summary>
    /// <value>0.6, as in Dask.</value>
    public double MemoryTarget { get; init; } = 0.6;

    /// <summary>Gets the time without any task after which all groups go to their minimum at once.</summary>
    /// <value>Null: they shrink gradually, following the demand.</value>
    public TimeSpan? IdleTimeout { get; init; }

    /// <summary>Gets the time limit for leaving workers to finish their tasks and move their results.</summary>
    /// <value>5 minutes.</value>
    public TimeSpan DrainTimeout { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>Gets how long a pod may be unschedulable before its group stops growing.</summary>
    /// <value>30 s.</value>
    public TimeSpan UnschedulableAfter { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Gets whether a Lease prevents other loops from scaling the release; if leases are forbidden, none is used.</summary>
    /// <value>True.</value>
    public bool UseLease { get; init; } = true;

    /// <summary>Gets how long another loop waits before it replaces a loop that has died.</summary>
    /// <value>30 s.</value>
    public TimeSpan LeaseDuration { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Validates the options, as adaptive scaling does when it starts.</summary>
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
