namespace DaskK8s;

/// <summary>The exception that is thrown when a connection to the scheduler could not be established, or broke before the answer arrived.</summary>
/// <param name="address">The scheduler's address as it was dialled.</param>
/// <param name="message">What failed, and what to try.</param>
/// <param name="innerException">The cause.</param>
public sealed class SchedulerUnreachableException(string address, string message, Exception? innerException = null)
    : DaskK8sException(message, innerException)
{
    /// <summary>Gets the scheduler's address as it was dialled.</summary>
    public string Address { get; } = address;

    /// <summary>Gets whether the scheduler does not exist any more or is scaled to zero, so that trying again is of no use.</summary>
    internal bool IsGone { get; init; }
}
