using System.Net.WebSockets;

using DaskK8s.Common;
using DaskK8s.Kubernetes;
using DaskK8s.PortForwarding.Spdy;
using DaskK8s.PortForwarding.Tunnels;

using Microsoft.Extensions.Logging;

namespace DaskK8s.PortForwarding;

/// <summary>Determines by trial which transport the API server and all proxies in front of it support, and remembers it.</summary>
internal sealed class TransportNegotiator(KubeConnection connection, TunnelOptions options, ILogger logger, TimeProvider time)
{
    /// <summary>The time after which the slow last resort is reconsidered, because the failure of the better ones may have been temporary.</summary>
    private static readonly TimeSpan LastResortTerm = TimeSpan.FromMinutes(1);

    private static readonly PortForwardTransport[] Order =
        [PortForwardTransport.SpdyOverWebSocket, PortForwardTransport.Spdy, PortForwardTransport.WebSocket];

    private volatile int _agreed;
    private long _agreedAt;

    /// <summary>Gets the last negotiated transport.</summary>
    public PortForwardTransport Agreed => (PortForwardTransport)_agreed;

    /// <summary>Opens a session, or a single connection if the server supports no sessions.</summary>
    /// <param name="target">The pod.</param>
    /// <param name="port">The port of a single connection.</param>
    /// <param name="cancellationToken">Cancels the wait.</param>
    /// <returns>The session or the single connection.</returns>
    /// <exception cref="DaskK8sException">The server rejected every transport.</exception>
    public async Task<(SpdySession? Session, TunnelStream? Single)> ConnectAsync(PodTarget target, int port, CancellationToken cancellationToken)
    {
        DaskK8sException? refusal = null;
        foreach (PortForwardTransport transport in Candidates())
        {
            try
            {
                return await ConnectAsync(transport, target, port, cancellationToken).ConfigureAwait(false);
            }
            catch (DaskK8sException e) when (ConcernsTransport(e))
            {
                ForwardingLog.TransportRefused(logger, transport, target, e.Message);

                // The permission that every server asks for is the one to create; it says most.
                refusal = refusal is null || e is KubernetesForbiddenException { Call.Verb: "create" } ? e : refusal;
            }
        }

        throw refusal!;
    }

    private PortForwardTransport[] Candidates()
    {
        if (options.Transport != PortForwardTransport.Auto)
        {
            return [options.Transport];
        }

        PortForwardTransport first = Agreed;
        return first == PortForwardTransport.Auto
            || (first == PortForwardTransport.WebSocket && time.GetElapsedTime(Interlocked.Read(ref _agreedAt)) > LastResortTerm)
            ? Order
            : [first, .. Order.Where(t => t != first)];
    }

    /// <summary>Determines whether another transport may work.</summary>
    private static bool ConcernsTransport(DaskK8sException error) => error switch
    {
        KubernetesUnauthorizedException or KubernetesThrottledException or KubernetesNotFoundException => false,
        KubernetesUnreachableException { InnerException: HttpRequestException cause } => cause.HttpRequestError is not
            (HttpRequestError.ConnectionError or HttpRequestError.NameResolutionError or HttpRequestError.SecureConnectionError or HttpRequestError.ProxyTunnelError),
        _ => true,
    };

    private async Task<(SpdySession? Session, TunnelStream? Single)> ConnectAsync(
        PortForwardTransport transport, PodTarget target, int port, CancellationToken cancellationToken)
    {
        using TimeLimit limit = new(options.UpgradeTimeout, time, cancellationToken);
        long start = time.GetTimestamp();
        try
        {
            if (transport == PortForwardTransport.WebSocket)
            {
                WebSocket socket = await PodUpgrade
                    .ToWebSocketAsync(connection, target, port, WebSocketTunnelStream.Protocol, options.KeepAliveInterval, limit.Token)
                    .ConfigureAwait(false);
                Remember(transport);
                return (null, new WebSocketTunnelStream(socket, target, port, options.Buffers));
            }

            Stream stream = transport == PortForwardTransport.Spdy
                ? await PodUpgrade.ToSpdyAsync(connection, target, port, limit.Token).ConfigureAwait(false)
                : new WebSocketByteStream(await PodUpgrade
                    .ToWebSocketAsync(connection, target, port, PodUpgrade.SpdyOverWebSocket, Timeout.InfiniteTimeSpan, limit.Token)
                    .ConfigureAwait(false));
            Remember(transport);
            ForwardingLog.SessionStarted(logger, transport, target, time.GetElapsedTime(start).TotalMilliseconds);
            return (SpdySession.Start(stream, transport, target, options, logger, time), null);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw PortForwardErrors.TimedOut(port, $"pod {target}", options.UpgradeTimeout, null);
        }
    }

    private void Remember(PortForwardTransport transport)
    {
        Interlocked.Exchange(ref _agreedAt, time.GetTimestamp());
        if (Interlocked.Exchange(ref _agreed, (int)transport) != (int)transport)
        {
            ForwardingLog.TransportChosen(logger, transport);
        }
    }
}
