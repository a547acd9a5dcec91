namespace DaskK8s;

/// <summary>A decision of adaptive scaling, with its reason.</summary>
/// <param name="Time">When it was made.</param>
/// <param name="WorkerGroup">The group's name; empty where the decision concerns them all.</param>
/// <param name="Action">What was decided.</param>
/// <param name="Demand">The pods that the work at hand calls for.</param>
/// <param name="Before">The replicas before.</param>
/// <param name="After">The replicas that were asked for.</param>
/// <param name="Reason">Why: the demand, the limit or the guard that decided.</param>
public sealed record AdaptiveDecision(
    DateTimeOffset Time, string WorkerGroup, AdaptiveAction Action, int Demand, int Before, int After, string Reason)
{
    /// <summary>Returns it in a line.</summary>
    /// <returns>The line.</returns>
    public override string ToString() =>
        FormattableString.Invariant($"{Time:HH:mm:ss} {WorkerGroup}: {Action} {Before} -> {After} (demand {Demand}): {Reason}");
}
