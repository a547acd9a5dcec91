namespace DaskK8s;

/// <summary>The exception that is thrown when the scheduler does not answer within the time limit.</summary>
/// <param name="address">The scheduler's address that was used to connect.</param>
/// <param name="operation">The operation: its name in Dask's protocol, <c>connect</c> or <c>handshake</c>.</param>
/// <param name="timeout">The time limit that expired.</param>
public sealed class SchedulerTimeoutException(string address, string operation, TimeSpan timeout)
    : DaskK8sException(
        $"The scheduler at {address} did not answer '{operation}' within {timeout.TotalSeconds:0.###} s. " +
        "It may be overloaded or starting, or the port may belong to something else; try again with a longer limit.")
{
    /// <summary>Gets the scheduler's address that was used to connect.</summary>
    public string Address { get; } = address;

    /// <summary>Gets the operation: its name in Dask's protocol, <c>connect</c> or <c>handshake</c>.</summary>
    public string Operation { get; } = operation;

    /// <summary>Gets the time limit that expired.</summary>
    public TimeSpan Timeout { get; } = timeout;
}
