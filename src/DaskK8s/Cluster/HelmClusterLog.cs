using Microsoft.Extensions.Logging;

namespace DaskK8s.Cluster;

internal static partial class HelmClusterLog
{
    [LoggerMessage(6001, LogLevel.Information, "Connected to release {Release} in namespace {Namespace}: scheduler at {SchedulerAddress}, {Workers} workers")]
    public static partial void Connected(ILogger logger, string release, string @namespace, string? schedulerAddress, int workers);

    [LoggerMessage(6002, LogLevel.Information, "Scaled group {Group} (Deployment {Deployment}) from {Before} to {After}")]
    public static partial void Scaled(ILogger logger, string group, string deployment, int before, int after);

    [LoggerMessage(6003, LogLevel.Warning, "Some features of release {Release} are not available: {Limitation}")]
    public static partial void Limited(ILogger logger, string release, string limitation);

    [LoggerMessage(6004, LogLevel.Information, "Closed the connection to release {Release} in namespace {Namespace}; the release keeps running")]
    public static partial void Closed(ILogger logger, string release, string @namespace);
}
