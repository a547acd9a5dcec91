namespace DaskK8s;

/// <summary>The transports between a forward and the pod.</summary>
public enum PortForwardTransport
{
    /// <summary>
    /// Negotiates with the server: as an option, tries the others in the order below and remembers what worked; as a state, nothing was
    /// agreed yet.
    /// </summary>
    Auto,

    /// <summary>
    /// SPDY/3.1 frames inside one WebSocket (subprotocol <c>SPDY/3.1+portforward.k8s.io</c>): one upgrade for many connections;
    /// Kubernetes 1.30 and later; works through proxies that reject SPDY.
    /// </summary>
    SpdyOverWebSocket,

    /// <summary>SPDY/3.1 by a plain upgrade (<c>portforward.k8s.io</c>), supported by every server and <c>kubectl</c>.</summary>
    Spdy,

    /// <summary>
    /// One WebSocket per connection (subprotocol <c>v4.channel.k8s.io</c>): the slowest to connect, and neither side can
    /// close only its own direction.
    /// </summary>
    WebSocket,
}
