namespace DaskK8s;

/// <summary>Event data that holds a decision of adaptive scaling.</summary>
/// <param name="decision">The decision.</param>
public sealed class AdaptiveDecisionEventArgs(AdaptiveDecision decision) : EventArgs
{
    /// <summary>Gets the decision.</summary>
    public AdaptiveDecision Decision { get; } = decision;
}
