using Microsoft.Extensions.Logging;

namespace DaskK8s.Logs;

/// <summary>The log messages of pod logs (event ids from 4010).</summary>
internal static partial class LogsLog
{
    [LoggerMessage(4010, LogLevel.Debug, "Opened the log of pod {Pod}, container {Container}")]
    public static partial void LogOpened(ILogger logger, string pod, string container);

    [LoggerMessage(4011, LogLevel.Debug, "The log of pod {Pod} ended: {Reason}")]
    public static partial void LogEnded(ILogger logger, string pod, string reason);
}
