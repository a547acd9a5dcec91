using System.Net;

using DaskK8s.Common;
using DaskK8s.PortForwarding;
using DaskK8s.PortForwarding.Tunnels;

using Microsoft.Extensions.Logging;

namespace DaskK8s;

/// <summary>
/// A local port that is forwarded to a port of a pod. It stays the same for the lifetime of the object: when the pod is
/// replaced, new connections go to the next ready one.
/// </summary>
/// <remarks>
/// Listens on 127.0.0.1 only. An open connection is reset when its pod or the API server becomes unavailable; a new one waits for
/// the next ready pod up to the connection's time limit. It is then closed, and the reason is logged.
/// </remarks>
public sealed class PortForward : IAsyncDisposable
{
    private readonly Lock _gate = new();
    private readonly PodTunnel _tunnel;
    private readonly LoopbackListener _listener;
    private readonly ILogger _logger;
    private readonly Func<PortForward, ValueTask>? _closed;

    private PortForward(
        PodTunnel tunnel, int remotePort, int? localPort, int preferredPort, ILogger logger, Func<PortForward, ValueTask>? closed)
    {
        _tunnel = tunnel;
        _closed = closed;
        _logger = logger;
        RemotePort = remotePort;
        _listener = LoopbackListener.Start(
            localPort,
            preferredPort,
            cancellationToken => _tunnel.OpenForSocketAsync(remotePort, cancellationToken),
            _tunnel.Options,
            _logger);
        _tunnel.StateChanged += OnTunnelStateChanged;
        _tunnel.AddForward(remotePort);
        ForwardingLog.Listening(_logger, _listener.LocalEndPoint, remotePort);
    }

    /// <summary>Occurs, on any thread, when <see cref="State"/> has changed. Handlers must not block.</summary>
    public event EventHandler<PortForwardStateChangedEventArgs>? StateChanged;

    /// <summary>Gets the address that clients connect to.</summary>
    /// <value>Always 127.0.0.1.</value>
    public IPAddress LocalAddress => _listener.LocalEndPoint.Address;

    /// <summary>Gets the port that clients connect to.</summary>
    /// <value>The requested port, or a free one; it never changes.</value>
    public int LocalPort => _listener.LocalEndPoint.Port;

    /// <summary>Gets the port inside the pod.</summary>
    /// <value>The requested port.</value>
    public int RemotePort { get; }

    /// <summary>Gets the state that a new connection can expect.</summary>
    /// <value><see cref="PortForwardState.Listening"/> until the first session to the pod is open.</value>
    public PortForwardState State { get; private set; }

    /// <summary>Gets the transport to the pod.</summary>
    /// <value><see cref="PortForwardTransport.Auto"/> until a server has accepted one.</value>
    public PortForwardTransport Transport => _tunnel.Transport;

    /// <summary>Gets the number of bytes sent to the pod.</summary>
    /// <value>Payload bytes, over all connections.</value>
    public long BytesSent => _listener.Counters.Sent;

    /// <summary>Gets the number of bytes received from the pod.</summary>
    /// <value>Payload bytes, over all connections.</value>
    public long BytesReceived => _listener.Counters.Received;

    /// <summary>Gets the number of open connections.</summary>
    /// <value>Includes those that wait for a pod.</value>
    public int OpenConnections => _listener.Counters.Open;

    /// <summary>Gets the number of accepted connections.</summary>
    /// <value>Since the forward was opened.</value>
    public long TotalConnections => _listener.Counters.Opened;

    /// <summary>Gets the number of connections that were closed because the pod could not be reached, refused them or was lost.</summary>
    /// <value>Since the forward was opened.</value>
    public long FailedConnections => _listener.Counters.Failed;

    /// <summary>Closes the local port and resets its connections; the pod and the cluster are not affected.</summary>
    /// <returns>A task that completes when all resources of the forward are released.</returns>
    public async ValueTask DisposeAsync()
    {
        _tunnel.StateChanged -= OnTunnelStateChanged;
        await _listener.DisposeAsync().ConfigureAwait(false);
        if (State != PortForwardState.Closed)
        {
            _tunnel.RemoveForward();
            ForwardingLog.Closed(_logger, _listener.LocalEndPoint, RemotePort);
            Change(PortForwardState.Closed, null);
            if (_closed is not null)
            {
                await _closed(this).ConfigureAwait(false);
            }
        }
    }

    /// <summary>Returns the local address, the pod's port and the state.</summary>
    /// <returns><c>PortForward(127.0.0.1:8786 -> 8786, Connected)</c>.</returns>
    public override string ToString() => $"PortForward({_listener.LocalEndPoint} -> {RemotePort}, {State})";

    /// <summary>Opens a local port.</summary>
    /// <param name="tunnel">The tunnel to the pod; it is not disposed with the forward.</param>
    /// <param name="remotePort">The port inside the pod.</param>
    /// <param name="localPort">The required local port (0: a free one); null for any.</param>
    /// <param name="preferredPort">The local port to try first if any port is allowed.</param>
    /// <param name="logger">The logger of this component.</param>
    /// <param name="closed">An action to run once after the forward has closed, or null for none.</param>
    /// <returns>The forward.</returns>
    /// <exception cref="PortForwardException">The requested local port is in use.</exception>
    internal static PortForward Start(
        PodTunnel tunnel, int remotePort, int? localPort, int preferredPort, ILogger logger, Func<PortForward, ValueTask>? closed = null) =>
        new(tunnel, remotePort, localPort, preferredPort, logger, closed);

    private void OnTunnelStateChanged(PortForwardState state, string? reason) => Change(state, reason);

    private void Change(PortForwardState state, string? reason)
    {
        PortForwardState previous;
        lock (_gate)
        {
            previous = State;
            if (previous == state || previous == PortForwardState.Closed)
            {
                return;
            }

            State = state;
        }

        ForwardingLog.StateChanged(_logger, _listener.LocalEndPoint, previous, state, reason ?? "nothing failed");
        UserCode.Raise(StateChanged, this, new PortForwardStateChangedEventArgs(previous, state, reason), _logger, "PortForward.StateChanged");
    }
}
