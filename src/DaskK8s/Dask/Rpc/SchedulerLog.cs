using Microsoft.Extensions.Logging;

namespace DaskK8s.Dask.Rpc;

/// <summary>The log messages about communication with schedulers. Event ids 3000 to 3999.</summary>
internal static partial class SchedulerLog
{
    [LoggerMessage(3000, LogLevel.Debug, "Connected to the scheduler at {Address}")]
    public static partial void SchedulerConnected(this ILogger logger, string address);

    [LoggerMessage(3001, LogLevel.Debug, "Replaced a dead connection to the scheduler at {Address} for '{Operation}'")]
    public static partial void ConnectionReplaced(this ILogger logger, string address, string operation);

    [LoggerMessage(3002, LogLevel.Debug, "Called '{Operation}' of the scheduler at {Address} in {Milliseconds} ms")]
    public static partial void OperationCalled(this ILogger logger, string operation, string address, double milliseconds);

    [LoggerMessage(3011, LogLevel.Information, "Attached session {Session} to the scheduler at {Address}")]
    public static partial void SessionAttached(this ILogger logger, string session, string address);

    [LoggerMessage(3012, LogLevel.Warning, "Lost the connection of session {Session}: {Reason}")]
    public static partial void SessionDetached(this ILogger logger, string session, string reason);

    [LoggerMessage(3013, LogLevel.Debug, "Failed to reattach session {Session}: {Reason}")]
    public static partial void ReattachFailed(this ILogger logger, string session, string reason);

    [LoggerMessage(3014, LogLevel.Warning, "The scheduler at {Address} was replaced: submitted {Count} of its tasks again, {Lost} are lost")]
    public static partial void WorkResubmitted(this ILogger logger, string address, int count, int lost);
}
