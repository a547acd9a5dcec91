using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;

using DaskK8s.PortForwarding.Tunnels;
using DaskK8s.Sockets;

using Microsoft.Extensions.Logging;

namespace DaskK8s.PortForwarding;

/// <summary>
/// Accepts connections only on 127.0.0.1 (on ::1 if the machine has no other loopback) and connects each to its own
/// stream. It is independent of Kubernetes.
/// </summary>
internal sealed class LoopbackListener : IAsyncDisposable
{
    private const int Backlog = 512;

    /// <summary>The kernel's receive buffer for a client, in bytes. Loopback needs no more, and without a limit it grows to many MiB while a pod does not read.</summary>
    private const int ReceiveBufferSize = 512 * 1024;

    private readonly Socket _socket;
    private readonly Func<CancellationToken, ValueTask<TunnelStream>> _open;
    private readonly TunnelOptions _options;
    private readonly ILogger _logger;
    private readonly CancellationTokenSource _closing = new();
    private readonly ConcurrentDictionary<SocketPump, Task> _pumps = new();
    private readonly TunnelCounters _counters = new();
    private readonly Task _accepting;
    private int _disposed;

    private LoopbackListener(
        Socket socket, Func<CancellationToken, ValueTask<TunnelStream>> open, TunnelOptions options, ILogger logger)
    {
        _socket = socket;
        _open = open;
        _options = options;
        _logger = logger;
        LocalEndPoint = (IPEndPoint)_socket.LocalEndPoint!;
        _socket.Blocking = false;
        _accepting = AcceptAsync();
    }

    /// <summary>Gets the address and port that clients connect to.</summary>
    public IPEndPoint LocalEndPoint { get; }

    /// <summary>Gets the counters of all connections.</summary>
    public TunnelCounters Counters => _counters;

    /// <summary>Opens the local port.</summary>
    /// <param name="port">The required port; null for any, 0 for a free one.</param>
    /// <param name="preferredPort">The port to try first if any port is allowed.</param>
    /// <param name="open">Opens the stream for one accepted connection.</param>
    /// <param name="options">The memory limit of one connection, and its source.</param>
    /// <param name="logger">The logger of this component.</param>
    /// <returns>The listener, which is already accepting connections.</returns>
    /// <exception cref="PortForwardException">The requested port is in use.</exception>
    public static LoopbackListener Start(
        int? port, int preferredPort, Func<CancellationToken, ValueTask<TunnelStream>> open, TunnelOptions options, ILogger logger)
    {
        if (port is { } asked)
        {
            return new LoopbackListener(Bind(asked), open, options, logger);
        }

        Socket socket;
        try
        {
            socket = Bind(preferredPort);
        }
        catch (PortForwardException)
        {
            socket = Bind(0);
        }

        return new LoopbackListener(socket, open, options, logger);
    }

    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, 1) == 1)
        {
            return;
        }

        await _closing.CancelAsync().ConfigureAwait(false);
        await SocketLoop.CloseAsync(_socket).ConfigureAwait(false);
        await _accepting.ConfigureAwait(false);
        await Task.WhenAll(_pumps.Values).ConfigureAwait(false);
        _closing.Dispose();
    }

    private static Socket Bind(int port)
    {
        try
        {
            try
            {
                return Bind(IPAddress.Loopback, port);
            }
            catch (SocketException e) when (e.SocketErrorCode is SocketError.AddressNotAvailable or SocketError.AddressFamilyNotSupported && Socket.OSSupportsIPv6)
            {
                return Bind(IPAddress.IPv6Loopback, port);
            }
        }
        catch (SocketException e)
        {
            throw PortForwardErrors.PortTaken(port, e);
        }
    }

    private static Socket Bind(IPAddress loopback, int port)
    {
        Socket socket = new(loopback.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            if (OperatingSystem.IsWindows())
            {
                // Without it Windows lets another process take over the port.
                socket.ExclusiveAddressUse = true;
            }

            // Accepted sockets inherit it.
            socket.ReceiveBufferSize = ReceiveBufferSize;
            socket.Bind(new IPEndPoint(loopback, port));
            socket.Listen(Backlog);
            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    private async Task AcceptAsync()
    {
        SocketWait waiting = new(_socket, forWriting: false);
        while (!_closing.IsCancellationRequested)
        {
            try
            {
                await waiting.WaitAsync(inline: true).ConfigureAwait(false);
                Socket client = _socket.Accept();
                SocketPump pump = new(client, LocalEndPoint, _open, _options, _counters, _logger);
                Task running = pump.RunAsync(_closing.Token);
                _pumps[pump] = running;
                _ = ForgetAsync(pump, running);
            }
            catch (Exception e) when (e is OperationCanceledException or ObjectDisposedException)
            {
                return;
            }
            catch (SocketException e) when (e.SocketErrorCode == SocketError.WouldBlock)
            {
                // The client went away before it was accepted.
            }
            catch (SocketException e) when (!_closing.IsCancellationRequested)
            {
                // A client that went away before it was accepted, or no file descriptors for a moment.
                ForwardingLog.AcceptFailed(_logger, LocalEndPoint, e.Message);
                await Task.Delay(TimeSpan.FromMilliseconds(50)).ConfigureAwait(false);
            }
            catch (SocketException)
            {
                return;
            }
        }
    }

    private async Task ForgetAsync(SocketPump pump, Task running)
    {
        await running.ConfigureAwait(false);
        _pumps.TryRemove(pump, out _);
    }
}
