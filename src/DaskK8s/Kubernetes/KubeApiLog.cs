using Microsoft.Extensions.Logging;

namespace DaskK8s.Kubernetes;

internal static partial class KubeApiLog
{
    [LoggerMessage(2001, LogLevel.Debug, "Asked the API server to {Call}, answered after {Milliseconds} ms")]
    public static partial void Answered(ILogger logger, KubernetesApiCall call, double milliseconds);

    [LoggerMessage(2002, LogLevel.Warning, "Repeated the call to {Call} (attempt {Attempt}) after {Reason}, waited {Delay}")]
    public static partial void Repeated(ILogger logger, KubernetesApiCall call, int attempt, string reason, TimeSpan delay);

    [LoggerMessage(4006, LogLevel.Warning, "Could not follow {Resource} and repeated it: {Reason}")]
    public static partial void FollowFailed(ILogger logger, string resource, string reason);

    [LoggerMessage(2003, LogLevel.Debug, "Started to watch {Resource} from version {ResourceVersion}")]
    public static partial void WatchStarted(ILogger logger, string resource, string? resourceVersion);

    [LoggerMessage(2005, LogLevel.Warning, "Changes are seen late, by listing again: {Reason}")]
    public static partial void WatchRefused(ILogger logger, string reason);

    [LoggerMessage(2004, LogLevel.Debug, "Watch of {Resource} ended ({Reason}), listed again")]
    public static partial void WatchEnded(ILogger logger, string resource, string reason);
}
