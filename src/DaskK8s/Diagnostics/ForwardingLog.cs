using System.Net;

using DaskK8s.Forwarding;

using Microsoft.Extensions.Logging;

namespace DaskK8s.Diagnostics;

/// <summary>Words every log line of the area Forwarding (event ids 1000 to 1999).</summary>
internal static partial class ForwardingLog
{
    [LoggerMessage(1000, LogLevel.Information, "Forwarded {LocalEndPoint} to port {RemotePort}.")]
    public static partial void Listening(ILogger logger, EndPoint localEndPoint, int remotePort);

    [LoggerMessage(1001, LogLevel.Information, "Closed the forward of {LocalEndPoint} to port {RemotePort}.")]
    public static partial void Closed(ILogger logger, EndPoint localEndPoint, int remotePort);

    [LoggerMessage(1002, LogLevel.Debug, "Opened a connection to port {RemotePort} of pod {Pod} over {Transport}.")]
    public static partial void Opened(ILogger logger, int remotePort, PodTarget pod, PortForwardTransport transport);

    [LoggerMessage(1003, LogLevel.Debug, "An attempt to reach port {RemotePort} of {Pods} failed and was repeated: {Reason}")]
    public static partial void AttemptFailed(ILogger logger, int remotePort, string pods, string reason);

    [LoggerMessage(1004, LogLevel.Warning, "Closed a local connection to {LocalEndPoint}: {Reason}")]
    public static partial void ConnectionFailed(ILogger logger, EndPoint localEndPoint, string reason);

    [LoggerMessage(1005, LogLevel.Debug, "A local connection to {LocalEndPoint} ended after {Sent} bytes to the pod and {Received} bytes from it.")]
    public static partial void ConnectionEnded(ILogger logger, EndPoint localEndPoint, long sent, long received);

    [LoggerMessage(1006, LogLevel.Information, "The forward of {LocalEndPoint} went from {Previous} to {Current}: {Reason}")]
    public static partial void StateChanged(ILogger logger, EndPoint localEndPoint, PortForwardState previous, PortForwardState current, string reason);

    [LoggerMessage(1007, LogLevel.Error, "The listener of {LocalEndPoint} failed and went on: {Reason}")]
    public static partial void AcceptFailed(ILogger logger, EndPoint localEndPoint, string reason);
}
