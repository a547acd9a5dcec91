using Microsoft.Extensions.Logging;

namespace DaskK8s.Waiting;

/// <summary>The log messages of waits (event ids 4000 to 4005).</summary>
internal static partial class WorkersLog
{
    [LoggerMessage(4000, LogLevel.Debug, "Started to wait for the workers of release {Release}, at most {Timeout}")]
    public static partial void WaitBegan(ILogger logger, string release, TimeSpan timeout);

    [LoggerMessage(4001, LogLevel.Debug, "Saw a change while waiting for workers: {Progress}")]
    public static partial void WaitChanged(ILogger logger, WorkerGroupProgress progress);

    [LoggerMessage(4002, LogLevel.Information, "The workers of release {Release} were ready after {Elapsed}")]
    public static partial void WaitEnded(ILogger logger, string release, TimeSpan elapsed);

    [LoggerMessage(4003, LogLevel.Warning, "Gave up waiting for the workers of release {Release} after {Elapsed}: {Causes} causes, hopeless: {Hopeless}")]
    public static partial void WaitGaveUp(ILogger logger, string release, TimeSpan elapsed, int causes, bool hopeless);

    [LoggerMessage(4004, LogLevel.Warning, "Could not get the workers of release {Release} from the scheduler, tried again: {Reason}")]
    public static partial void SchedulerNotAsked(ILogger logger, string release, string reason);

    [LoggerMessage(4005, LogLevel.Warning, "Waited for ready pods only in release {Release}, because this client is not connected to the scheduler")]
    public static partial void WaitedWithoutScheduler(ILogger logger, string release);
}
