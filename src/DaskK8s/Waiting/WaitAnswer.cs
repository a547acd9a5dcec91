namespace DaskK8s.Waiting;

/// <summary>The outcome of asking the scheduler for its workers.</summary>
/// <param name="Version">The state of the Deployments and pods that it was asked after; a later one makes the answer old.</param>
/// <param name="Listed">How many workers it lists at each address, or null where it could not be asked.</param>
/// <param name="Error">Why it could not be asked.</param>
internal sealed record WaitAnswer(int Version, IReadOnlyDictionary<string, int>? Listed, string? Error)
{
    /// <summary>Gets whether the scheduler is gone for good: scaled to zero, or uninstalled.</summary>
    public bool IsGone { get; init; }
}
