namespace DaskK8s;

/// <summary>A decision of adaptive scaling, with its reason.</summary>
/// <param name="Time">The time of the decision.</param>
/// <param name="WorkerGroup">The group's name; empty if the decision applies to all groups.</param>
/// <param name="Action">The action.</param>
/// <param name="Demand">The number of pods that the outstanding work requires.</param>
/// <param name="Before">The previous desired replicas.</param>
/// <param name="After">The new desired replicas.</param>
/// <param name="Reason">The demand, limit or guard that decided.</param>
public sealed record AdaptiveDecision(
    DateTimeOffset Time, string WorkerGroup, AdaptiveAction Action, int Demand, int Before, int After, string Reason)
{
    /// <summary>Returns a one-line description.</summary>
    /// <returns>The line.</returns>
    public override string ToString() =>
        FormattableString.Invariant($"{Time:HH:mm:ss} {WorkerGroup}: {Action} {Before} -> {After} (demand {Demand}): {Reason}");
}
