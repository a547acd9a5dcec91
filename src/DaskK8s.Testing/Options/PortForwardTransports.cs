namespace DaskK8s.Testing;

/// <summary>The port-forward transports that a server can offer.</summary>
[Flags]
public enum PortForwardTransports
{
    /// <summary>None.</summary>
    None = 0,

    /// <summary>A WebSocket with subprotocol <c>v4.channel.k8s.io</c>: one TCP connection each.</summary>
    WebSocket = 1,

    /// <summary>An upgrade to SPDY/3.1: many forwarded connections over one TCP connection.</summary>
    Spdy = 2,

    /// <summary>SPDY/3.1 inside a WebSocket, offered by servers from 1.30 on.</summary>
    SpdyOverWebSocket = 4,

    /// <summary>All of them.</summary>
    All = WebSocket | Spdy | SpdyOverWebSocket,
}
