namespace DaskK8s.Adaptive;

/// <summary>The policy for one group: it grows at once and shrinks cautiously.</summary>
internal sealed class AdaptivePolicy(AdaptiveRange range, AdaptiveOptions options, TimeProvider time)
{
    private long? _lastGrowth;
    private int _lower;

    /// <summary>Determines whether the demand, within the limits, requires the whole group, and more than a shrink in progress would leave.</summary>
    public bool CallsBack(GroupObservation seen, int shrinkTarget)
    {
        int target = Math.Clamp(seen.Demand, range.Minimum, range.Maximum);
        return target >= seen.Replicas && target > shrinkTarget;
    }

    /// <summary>Decides what to do with the group.</summary>
    /// <returns>The action, the target number of replicas, and the reason.</returns>
    public (AdaptiveAction Action, int Target, string Reason) Decide(GroupObservation seen)
    {
        int target = Math.Clamp(seen.Demand, range.Minimum, range.Maximum);
        string limit = seen.Demand > range.Maximum ? FormattableString.Invariant($", cut to the maximum of {range.Maximum}")
            : seen.Demand < range.Minimum ? FormattableString.Invariant($", raised to the minimum of {range.Minimum}")
            : "";
        if (target > seen.Replicas)
        {
            return Grow(seen, target, limit);
        }

        if (target == seen.Replicas)
        {
            _lower = 0;
            return (AdaptiveAction.Hold, seen.Replicas, "the group matches the demand" + limit);
        }

        _lower++;
        return Shrink(seen, target, limit);
    }

    private (AdaptiveAction Action, int Target, string Reason) Grow(GroupObservation seen, int target, string limit)
    {
        _lower = 0;
        if (seen.Unschedulable is { } reason && seen.Ready < seen.Replicas)
        {
            return (AdaptiveAction.Hold, seen.Replicas, $"does not grow while its pods cannot be scheduled: {reason}");
        }

        _lastGrowth = time.GetTimestamp();
        return (AdaptiveAction.Grow, target, FormattableString.Invariant($"the work requires {seen.Demand}") + limit);
    }

    private (AdaptiveAction Action, int Target, string Reason) Shrink(GroupObservation seen, int target, string limit)
    {
        if (options.IdleTimeout is { } idle && seen.IdleFor >= idle)
        {
            return (AdaptiveAction.Shrink, range.Minimum, FormattableString.Invariant($"nothing has run for {idle.TotalSeconds:0.#} s"));
        }

        if (_lastGrowth is { } growth && time.GetElapsedTime(growth) < options.CoolDown)
        {
            return (AdaptiveAction.Hold, seen.Replicas, FormattableString.Invariant($"grew less than {options.CoolDown.TotalSeconds:0.#} s ago"));
        }

        if (_lower < options.WaitCount)
        {
            return (AdaptiveAction.Hold, seen.Replicas, FormattableString.Invariant($"the demand must be lower {options.WaitCount} times in a row"));
        }

        int most = Math.Max(1, (int)(seen.Replicas * options.MaxLeavingShare));
        int step = Math.Max(target, seen.Replicas - most);
        return (
            AdaptiveAction.Shrink,
            step,
            FormattableString.Invariant($"the work requires {seen.Demand}") + limit + (step > target ? FormattableString.Invariant($"; at most {most} leave at once") : ""));
    }
}
