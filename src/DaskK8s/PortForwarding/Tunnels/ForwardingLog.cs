using System.Net;

using Microsoft.Extensions.Logging;

namespace DaskK8s.PortForwarding.Tunnels;

/// <summary>The log messages of the Forwarding area (event IDs 1000 to 1999).</summary>
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

    [LoggerMessage(1008, LogLevel.Information, "Opened a session to pod {Pod} over {Transport} in {Milliseconds:0} ms.")]
    public static partial void SessionStarted(ILogger logger, PortForwardTransport transport, PodTarget pod, double milliseconds);

    [LoggerMessage(1009, LogLevel.Information, "A session to pod {Pod} over {Transport} ended with {Connections} connections open: {Reason}")]
    public static partial void SessionEnded(ILogger logger, PortForwardTransport transport, PodTarget pod, int connections, string reason);

    [LoggerMessage(1010, LogLevel.Information, "The server did not agree to {Transport} for pod {Pod}: {Reason}")]
    public static partial void TransportRefused(ILogger logger, PortForwardTransport transport, PodTarget pod, string reason);

    [LoggerMessage(1011, LogLevel.Information, "Chose {Transport} for forwards.")]
    public static partial void TransportChosen(ILogger logger, PortForwardTransport transport);

    [LoggerMessage(1012, LogLevel.Warning, "Reset a connection to port {Port} of pod {Pod}: its local reader had stopped for {Seconds:0} s and held up {Others} others.")]
    public static partial void StalledConnectionDropped(ILogger logger, int port, PodTarget pod, double seconds, int others);

    [LoggerMessage(1013, LogLevel.Information, "The ready pod became {Pod}.")]
    public static partial void PodChanged(ILogger logger, PodTarget pod);

    [LoggerMessage(1014, LogLevel.Warning, "No pod of '{Selector}' was ready any more.")]
    public static partial void PodLost(ILogger logger, string selector);

    [LoggerMessage(1015, LogLevel.Debug, "The watch of '{Selector}' was interrupted and restarted: {Reason}")]
    public static partial void WatchInterrupted(ILogger logger, string selector, string reason);

    [LoggerMessage(1018, LogLevel.Information, "Left a session to pod {Pod} over {Transport} with {Connections} connections open: the server no longer served a part of it.")]
    public static partial void SessionLeft(ILogger logger, PortForwardTransport transport, PodTarget pod, int connections);

    [LoggerMessage(1016, LogLevel.Information, "The pod with uid {Uid} was gone; its {Sessions} sessions were ended.")]
    public static partial void PodGone(ILogger logger, string uid, int sessions);
}
