namespace DaskK8s;

/// <summary>Names the ways in which a forward's bytes travel to the pod.</summary>
public enum PortForwardTransport
{
    /// <summary>
    /// Asks the server: as an option, tries the others in the order below and remembers what worked; as a state, nothing was
    /// agreed yet.
    /// </summary>
    Auto,

    /// <summary>
    /// SPDY/3.1 frames inside one WebSocket (subprotocol <c>SPDY/3.1+portforward.k8s.io</c>): one upgrade for many connections;
    /// Kubernetes 1.30 and later; passes proxies that refuse SPDY.
    /// </summary>
    SpdyOverWebSocket,

    /// <summary>SPDY/3.1 by a plain upgrade (<c>portforward.k8s.io</c>), as every server and <c>kubectl</c> know it.</summary>
    Spdy,

    /// <summary>
    /// One WebSocket for each connection (subprotocol <c>v4.channel.k8s.io</c>): the slowest to connect, and neither side can
    /// close only its own direction.
    /// </summary>
    WebSocket,
}
