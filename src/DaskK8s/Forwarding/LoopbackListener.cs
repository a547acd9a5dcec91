using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;

using DaskK8s.Diagnostics;

using Microsoft.Extensions.Logging;

namespace DaskK8s.Forwarding;

/// <summary>
/// Accepts connections on 127.0.0.1, and on no other address, and joins each to a stream of its own. It knows nothing of
/// Kubernetes.
/// </summary>
internal sealed class LoopbackListener : IAsyncDisposable
{
    private const int Backlog = 512;

    private readonly Socket socket;
    private readonly Func<CancellationToken, ValueTask<TunnelStream>> open;
    private readonly int connectionBufferSize;
    private readonly ILogger logger;
    private readonly CancellationTokenSource closing = new();
    private readonly ConcurrentDictionary<SocketPump, Task> pumps = new();
    private readonly TunnelCounters counters = new();
    private readonly Task accepting;
    private int disposed;

    private LoopbackListener(
        Socket socket, Func<CancellationToken, ValueTask<TunnelStream>> open, int connectionBufferSize, ILogger logger)
    {
        this.socket = socket;
        this.open = open;
        this.connectionBufferSize = connectionBufferSize;
        this.logger = logger;
        LocalEndPoint = (IPEndPoint)socket.LocalEndPoint!;
        accepting = Task.Run(AcceptAsync);
    }

    /// <summary>Gets the address and port that clients connect to.</summary>
    public IPEndPoint LocalEndPoint { get; }

    /// <summary>Gets the counters of all connections.</summary>
    public TunnelCounters Counters => counters;

    /// <summary>Opens the local port.</summary>
    /// <param name="port">The port that it must be; null for any, 0 for a free one.</param>
    /// <param name="preferredPort">The port to try first where any will do.</param>
    /// <param name="open">Opens the stream for one accepted connection.</param>
    /// <param name="connectionBufferSize">How many bytes one connection may hold, both directions together.</param>
    /// <param name="logger">The log of this area.</param>
    /// <returns>The listener, which accepts already.</returns>
    /// <exception cref="PortForwardException">The asked port is taken.</exception>
    public static LoopbackListener Start(
        int? port, int preferredPort, Func<CancellationToken, ValueTask<TunnelStream>> open, int connectionBufferSize, ILogger logger)
    {
        if (port is { } asked)
        {
            return new LoopbackListener(Bind(asked), open, connectionBufferSize, logger);
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

        return new LoopbackListener(socket, open, connectionBufferSize, logger);
    }

    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref disposed, 1) == 1)
        {
            return;
        }

        await closing.CancelAsync().ConfigureAwait(false);
        socket.Dispose();
        await accepting.ConfigureAwait(false);
        await Task.WhenAll(pumps.Values).ConfigureAwait(false);
        closing.Dispose();
    }

    private static Socket Bind(int port)
    {
        Socket socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            if (OperatingSystem.IsWindows())
            {
                // Without it Windows lets another process take over the port.
                socket.ExclusiveAddressUse = true;
            }

            socket.Bind(new IPEndPoint(IPAddress.Loopback, port));
            socket.Listen(Backlog);
            return socket;
        }
        catch (SocketException e)
        {
            socket.Dispose();
            throw PortForwardErrors.PortTaken(port, e);
        }
    }

    private async Task AcceptAsync()
    {
        while (!closing.IsCancellationRequested)
        {
            try
            {
                Socket client = await socket.AcceptAsync(closing.Token).ConfigureAwait(false);
                SocketPump pump = new(client, LocalEndPoint, open, connectionBufferSize, counters, logger);
                Task running = pump.RunAsync(closing.Token);
                pumps[pump] = running;
                _ = ForgetAsync(pump, running);
            }
            catch (Exception e) when (e is OperationCanceledException or ObjectDisposedException)
            {
                return;
            }
            catch (SocketException e) when (!closing.IsCancellationRequested)
            {
                // A client that went away before it was accepted, or no file descriptors for a moment.
                ForwardingLog.AcceptFailed(logger, LocalEndPoint, e.Message);
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
        pumps.TryRemove(pump, out _);
    }
}
