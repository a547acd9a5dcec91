using System.Net;

using DaskK8s.Common;
using DaskK8s.PortForwarding;
using DaskK8s.PortForwarding.Tunnels;

using Microsoft.Extensions.Logging;

namespace DaskK8s;

/// <summary>
/// A port of this machine that leads to a port of a pod. It stays the same for the life of the object: when the pod is
/// replaced, new connections go to the next ready one.
/// </summary>
/// <remarks>
/// Listens on 127.0.0.1 only. A connection that is in flight when its pod or the API server goes is reset; a new one waits for
/// the next ready pod up to the connection's time limit and is then closed, and the log says why.
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
    /// <value>The port that was asked for, or a free one; it never changes.</value>
    public int LocalPort => _listener.LocalEndPoint.Port;

    /// <summary>Gets the port inside the pod.</summary>
    /// <value>The port that was asked for.</value>
    public int RemotePort { get; }

    /// <summary>Gets what a connection that comes now can expect.</summary>
    /// <value><see cref="PortForwardState.Listening"/> until the first way to the pod was found.</value>
    public PortForwardState State { get; private set; }

    /// <summary>Gets how the bytes travel to the pod.</summary>
    /// <value><see cref="PortForwardTransport.Auto"/> until a server has agreed to one.</value>
    public PortForwardTransport Transport => _tunnel.Transport;

    /// <summary>Gets how many bytes went to the pod.</summary>
    /// <value>Payload bytes, over all connections.</value>
    public long BytesSent => _listener.Counters.Sent;

    /// <summary>Gets how many bytes came from the pod.</summary>
    /// <value>Payload bytes, over all connections.</value>
    public long BytesReceived => _listener.Counters.Received;

    /// <summary>Gets how many connections are open now.</summary>
    /// <value>Those that wait for a pod included.</value>
    public int OpenConnections => _listener.Counters.Open;

    /// <summary>Gets how many connections were accepted.</summary>
    /// <value>Since the forward was opened.</value>
    public long TotalConnections => _listener.Counters.Opened;

    /// <summary>Gets how many connections were closed because the pod was not reached, refused them or was lost.</summary>
    /// <value>Since the forward was opened.</value>
    public long FailedConnections => _listener.Counters.Failed;

    /// <summary>Closes the local port and resets its connections; the pod and the cluster are not touched.</summary>
    /// <returns>A task that ends when nothing of the forward is left.</returns>
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

    /// <summary>Returns local address, pod port and state.</summary>
    /// <returns><c>PortForward(127.0.0.1:8786 -> 8786, Connected)</c>.</returns>
    public override string ToString() => $"PortForward({_listener.LocalEndPoint} -> {RemotePort}, {State})";

    /// <summary>Opens a local port.</summary>
    /// <param name="tunnel">The tunnel to the pod; it is not disposed with the forward.</param>
    /// <param name="remotePort">The port inside the pod.</param>
    /// <param name="localPort">The local port that it must be (0: a free one); null for any.</param>
    /// <param name="preferredPort">The local port to try first where any will do.</param>
    /// <param name="logger">The log of this area.</param>
    /// <param name="closed">What is done once after the forward was closed, or null for nothing.</param>
    /// <returns>The forward.</returns>
    /// <exception cref="PortForwardException">The asked local port is taken.</exception>
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
