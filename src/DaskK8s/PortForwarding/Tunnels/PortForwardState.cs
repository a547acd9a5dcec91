namespace DaskK8s;

/// <summary>The state of a <see cref="PortForward"/>.</summary>
public enum PortForwardState
{
    /// <summary>The local port is open; no session to the pod has been needed yet.</summary>
    Listening,

    /// <summary>The last connection reached the pod; the next one is expected to as well.</summary>
    Connected,

    /// <summary>The pod or the API server is unavailable; new connections wait for it up to a limit and are then closed.</summary>
    Recovering,

    /// <summary>The forward was disposed; its port is free.</summary>
    Closed,
}
