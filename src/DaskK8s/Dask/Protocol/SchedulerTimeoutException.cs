namespace DaskK8s;

/// <summary>The exception that is thrown when the scheduler did not answer within the time limit.</summary>
/// <param name="address">The scheduler's address as it was dialled.</param>
/// <param name="operation">What was asked: the name of an operation of Dask's protocol, <c>connect</c> or <c>handshake</c>.</param>
/// <param name="timeout">The limit that passed.</param>
public sealed class SchedulerTimeoutException(string address, string operation, TimeSpan timeout)
    : DaskK8sException(
        $"The scheduler at {address} did not answer '{operation}' within {timeout.TotalSeconds:0.###} s. " +
        "It may be overloaded or starting, or the port may belong to something else; try again with a longer limit.")
{
    /// <summary>Gets the scheduler's address as it was dialled.</summary>
    public string Address { get; } = address;

    /// <summary>Gets what was asked: the name of an operation of Dask's protocol, <c>connect</c> or <c>handshake</c>.</summary>
    public string Operation { get; } = operation;

    /// <summary>Gets the limit that passed.</summary>
    public TimeSpan Timeout { get; } = timeout;
}
