using Microsoft.Extensions.Logging;

namespace DaskK8s.Adaptive;

internal static partial class AdaptiveLog
{
    [LoggerMessage(7001, LogLevel.Information, "Adaptive: {Action} group {Group} from {Before} to {After} (demand {Demand}): {Reason}")]
    public static partial void Changed(ILogger logger, AdaptiveAction action, string group, int before, int after, int demand, string reason);

    [LoggerMessage(7002, LogLevel.Debug, "Adaptive: held group {Group} at {Replicas} (demand {Demand}): {Reason}")]
    public static partial void Held(ILogger logger, string group, int replicas, int demand, string reason);

    [LoggerMessage(7003, LogLevel.Warning, "Adaptive: could not scale group {Group} from {Before} to {After}: {Reason}")]
    public static partial void Failed(ILogger logger, string group, int before, int after, string reason);

    [LoggerMessage(7004, LogLevel.Warning, "Adaptive: could not read the cluster's state, tried again: {Reason}")]
    public static partial void LookFailed(ILogger logger, string reason);

    [LoggerMessage(7005, LogLevel.Information, "Adaptive: standing by, {Reason}")]
    public static partial void StoodBy(ILogger logger, string reason);

    [LoggerMessage(7006, LogLevel.Information, "Adaptive: took the lease {Lease} as {Holder}")]
    public static partial void LeaseTaken(ILogger logger, string lease, string holder);

    [LoggerMessage(7007, LogLevel.Warning, "Adaptive: continued without a lease, because leases are forbidden: {Reason}")]
    public static partial void LeaseForbidden(ILogger logger, string reason);

    [LoggerMessage(7008, LogLevel.Information, "Adaptive: ended for release {Release}; its groups keep their size")]
    public static partial void Ended(ILogger logger, string release);
}
