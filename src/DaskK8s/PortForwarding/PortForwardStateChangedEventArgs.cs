namespace DaskK8s;

/// <summary>Event data for a change of a <see cref="PortForward"/>'s state.</summary>
/// <param name="previous">The previous state.</param>
/// <param name="current">The current state.</param>
/// <param name="reason">The reason, in one sentence; null if nothing failed.</param>
public sealed class PortForwardStateChangedEventArgs(PortForwardState previous, PortForwardState current, string? reason) : EventArgs
{
    /// <summary>Gets the previous state.</summary>
    /// <value>Never equal to <see cref="Current"/>.</value>
    public PortForwardState Previous { get; } = previous;

    /// <summary>Gets the current state.</summary>
    /// <value>The forward's state when the event was raised; it may have changed since.</value>
    public PortForwardState Current { get; } = current;

    /// <summary>Gets the reason for the change of state.</summary>
    /// <value>One sentence, or null if nothing failed.</value>
    public string? Reason { get; } = reason;
}
