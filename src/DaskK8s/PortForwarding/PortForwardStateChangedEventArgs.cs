namespace DaskK8s;

/// <summary>The data of a change of a <see cref="PortForward"/>'s state.</summary>
/// <param name="previous">The state before.</param>
/// <param name="current">The state now.</param>
/// <param name="reason">Why, in one sentence; null where nothing failed.</param>
public sealed class PortForwardStateChangedEventArgs(PortForwardState previous, PortForwardState current, string? reason) : EventArgs
{
    /// <summary>Gets the state before.</summary>
    /// <value>Never equal to <see cref="Current"/>.</value>
    public PortForwardState Previous { get; } = previous;

    /// <summary>Gets the state now.</summary>
    /// <value>The forward's state when the event was raised; it may have gone on since.</value>
    public PortForwardState Current { get; } = current;

    /// <summary>Gets why the state changed.</summary>
    /// <value>One sentence, or null where nothing failed.</value>
    public string? Reason { get; } = reason;
}
