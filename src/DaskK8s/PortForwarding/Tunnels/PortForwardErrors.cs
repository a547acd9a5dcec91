using DaskK8s.Common;

namespace DaskK8s.PortForwarding.Tunnels;

/// <summary>Creates the errors of connections to pods, so that each is worded in one place.</summary>
internal static class PortForwardErrors
{
    private const int LongestText = 2000;

    /// <summary>Creates the error for a connection that the pod's side refused, or closed with a reason.</summary>
    /// <param name="target">The pod.</param>
    /// <param name="port">The port inside the pod.</param>
    /// <param name="text">The node's message.</param>
    /// <returns>The error.</returns>
    public static PortForwardException Refused(PodTarget target, int port, string text) =>
        new($"Port {port} of pod {target} could not be used: {Words.OneLine(text, LongestText)} Is something listening on that port inside the pod?")
        {
            Namespace = target.Namespace,
            Pod = target.Name,
            RemotePort = port,
            Refusal = Words.OneLine(text, LongestText),
        };

    /// <summary>Creates the error for a connection whose transport failed.</summary>
    /// <param name="target">The pod.</param>
    /// <param name="port">The port inside the pod.</param>
    /// <param name="cause">The cause of the failure.</param>
    /// <returns>The error.</returns>
    public static PortForwardException Lost(PodTarget target, int port, Exception? cause) =>
        new($"The connection to port {port} of pod {target} was lost: {(cause is null ? "the pod or the way to it went away" : Words.OneLine(cause.Message, LongestText))} Open a new connection.", cause)
        {
            Namespace = target.Namespace,
            Pod = target.Name,
            RemotePort = port,
        };

    /// <summary>Creates the error for a connection that the pod's node reset.</summary>
    /// <param name="target">The pod.</param>
    /// <param name="port">The port inside the pod.</param>
    /// <returns>The error.</returns>
    public static PortForwardException Reset(PodTarget target, int port) =>
        new($"The connection to port {port} of pod {target} was reset by the pod's node.")
        {
            Namespace = target.Namespace,
            Pod = target.Name,
            RemotePort = port,
        };

    /// <summary>Creates the error for a connection for which no pod or API server was available in time.</summary>
    /// <param name="port">The port inside the pod.</param>
    /// <param name="what">The target of the connection.</param>
    /// <param name="limit">The time that was waited.</param>
    /// <param name="last">The last failure.</param>
    /// <returns>The error.</returns>
    public static PortForwardException TimedOut(int port, string what, TimeSpan limit, Exception? last) =>
        new($"Port {port} of {what} was not reachable within {limit.TotalSeconds:0.#} s: {last?.Message ?? "there was no ready pod"}", last)
        {
            RemotePort = port,
            StatusCode = (last as PortForwardException)?.StatusCode,
            Pod = (last as PortForwardException)?.Pod,
            Namespace = (last as PortForwardException)?.Namespace,
        };

    /// <summary>Creates the error for a local port that is in use.</summary>
    /// <param name="port">The local port.</param>
    /// <param name="cause">The operating system's error.</param>
    /// <returns>The error.</returns>
    public static PortForwardException PortTaken(int port, Exception cause) =>
        new($"Local port {port} could not be opened on the loopback address: {cause.Message}. Free it, or ask for port 0 to get a free one.", cause)
        {
            LocalPort = port,
        };
}
