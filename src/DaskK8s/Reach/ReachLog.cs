using Microsoft.Extensions.Logging;

namespace DaskK8s.Reach;

/// <summary>The log messages about the connection to the scheduler (event IDs 6005 and 6006).</summary>
internal static partial class ReachLog
{
    [LoggerMessage(6005, LogLevel.Warning, "Reached the scheduler at the public address {Address} without TLS: anyone who can reach it can run code on the cluster")]
    public static partial void PublicWithoutTls(ILogger logger, string address);

    [LoggerMessage(6006, LogLevel.Debug, "Chose to reach the scheduler {How}: {Reason}")]
    public static partial void RouteChosen(ILogger logger, string how, string reason);
}
