namespace DaskK8s;

/// <summary>The exception that is thrown when a connection to the scheduler cannot be established, or breaks before the answer arrives.</summary>
/// <param name="address">The scheduler's address that was used to connect.</param>
/// <param name="message">What failed, and what to try.</param>
/// <param name="innerException">The cause.</param>
public sealed class SchedulerUnreachableException(string address, string message, Exception? innerException = null)
    : DaskK8sException(message, innerException)
{
    /// <summary>Gets the scheduler's address that was used to connect.</summary>
    public string Address { get; } = address;

    /// <summary>Gets whether the scheduler no longer exists or is scaled to zero, so that retrying is useless.</summary>
    internal bool IsGone { get; init; }
}
