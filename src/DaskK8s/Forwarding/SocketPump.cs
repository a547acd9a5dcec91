using System.Buffers;
using System.Net;
using System.Net.Sockets;

using DaskK8s.Diagnostics;

using Microsoft.Extensions.Logging;

namespace DaskK8s.Forwarding;

/// <summary>Joins one accepted socket to one stream: every byte in order, a close as a close, a reset as a reset.</summary>
internal sealed class SocketPump(
    Socket socket,
    EndPoint localEndPoint,
    Func<CancellationToken, ValueTask<TunnelStream>> open,
    int connectionBufferSize,
    TunnelCounters counters,
    ILogger logger)
{
    private const int SmallBuffer = 4 * 1024;

    /// <summary>
    /// How long the pod may stay silent after the client closed its side, where the transport cannot tell the pod: a client that
    /// is done looks the same as one that waits for an answer.
    /// </summary>
    private static readonly TimeSpan SilenceAfterClose = TimeSpan.FromSeconds(5);

    private readonly int largeBuffer = Math.Max(SmallBuffer, connectionBufferSize / 4);
    private long sent;
    private long received;
    private long receivedAtClose;

    /// <summary>Runs the connection to its end; never throws.</summary>
    /// <param name="closing">Resets the connection when the listener goes.</param>
    /// <returns>A task that ends with the connection.</returns>
    public async Task RunAsync(CancellationToken closing)
    {
        counters.Begin();
        try
        {
            socket.NoDelay = true;
            TunnelStream tunnel = await open(closing).ConfigureAwait(false);
            await using (tunnel.ConfigureAwait(false))
            {
                tunnel.ContinueInline = true;
                await JoinAsync(tunnel, closing).ConfigureAwait(false);
            }

            ForwardingLog.ConnectionEnded(logger, localEndPoint, sent, received);
        }
        catch (PortForwardException e)
        {
            counters.AddFailed();
            ForwardingLog.ConnectionFailed(logger, localEndPoint, e.Message);
            if (e.Refusal is null && (sent > 0 || received > 0))
            {
                // A cut transfer must not look like a finished one.
                Reset();
            }
        }
        catch (Exception e) when (e is OperationCanceledException or ObjectDisposedException)
        {
            Reset();
        }
        catch (Exception e) when (e is SocketException or IOException)
        {
            ForwardingLog.ConnectionEnded(logger, localEndPoint, sent, received);
        }
        catch (Exception e)
        {
            // One connection's surprise must not end the listener's others.
            counters.AddFailed();
            ForwardingLog.ConnectionFailed(logger, localEndPoint, e.Message);
            Reset();
        }
        finally
        {
            socket.Dispose();
            counters.End();
        }
    }

    /// <summary>Runs both directions; the first failure ends both, and is the one that is reported.</summary>
    private async Task JoinAsync(TunnelStream tunnel, CancellationToken closing)
    {
        using CancellationTokenSource ending = CancellationTokenSource.CreateLinkedTokenSource(closing);
        using CancellationTokenRegistration abort = ending.Token.UnsafeRegister(static state => ((TunnelStream)state!).Abort(), tunnel);
        Task up = UpAsync(tunnel, ending.Token);
        Task down = DownAsync(tunnel, ending.Token);
        Task first = await Task.WhenAny(up, down).ConfigureAwait(false);
        if (first.IsCompletedSuccessfully && first == up && !tunnel.CanHalfClose)
        {
            await AwaitSilenceAsync(down).ConfigureAwait(false);
        }
        else if (first.IsCompletedSuccessfully && first == down && !tunnel.CanHalfClose)
        {
            // The pod's side is gone as a whole: nothing that the client still says can reach it.
            await StopAsync(up, ending).ConfigureAwait(false);
            return;
        }
        else if (first.IsCompletedSuccessfully)
        {
            first = await Task.WhenAny(first == up ? down : up).ConfigureAwait(false);
        }

        if (!up.IsCompleted || !down.IsCompleted)
        {
            await StopAsync(up.IsCompleted ? down : up, ending).ConfigureAwait(false);
        }

        await first.ConfigureAwait(false);
    }

    private static async Task StopAsync(Task task, CancellationTokenSource ending)
    {
        await ending.CancelAsync().ConfigureAwait(false);
        await task.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    private async Task AwaitSilenceAsync(Task down)
    {
        receivedAtClose = -1;
        while (!down.IsCompleted && receivedAtClose != Interlocked.Read(ref received))
        {
            receivedAtClose = Interlocked.Read(ref received);
            await Task.WhenAny(down, Task.Delay(SilenceAfterClose)).ConfigureAwait(false);
        }
    }

    private async Task UpAsync(TunnelStream tunnel, CancellationToken cancellationToken)
    {
        int size = SmallBuffer;
        while (true)
        {
            byte[] buffer = ArrayPool<byte>.Shared.Rent(size);
            try
            {
                int count = await socket.ReceiveAsync(buffer.AsMemory(0, size), cancellationToken).ConfigureAwait(false);
                if (count == 0)
                {
                    await tunnel.CompleteWritesAsync(cancellationToken).ConfigureAwait(false);
                    return;
                }

                await tunnel.WriteAsync(buffer.AsMemory(0, count), cancellationToken).ConfigureAwait(false);
                sent += count;
                counters.AddSent(count);
                size = count == size ? largeBuffer : count <= SmallBuffer ? SmallBuffer : size;
            }
            finally
            {
                ArrayPool<byte>.Shared.Return(buffer);
            }
        }
    }

    private async Task DownAsync(TunnelStream tunnel, CancellationToken cancellationToken)
    {
        int size = SmallBuffer;
        while (true)
        {
            byte[] buffer = ArrayPool<byte>.Shared.Rent(size);
            try
            {
                int count = await tunnel.ReadAsync(buffer.AsMemory(0, size), cancellationToken).ConfigureAwait(false);
                if (count == 0)
                {
                    socket.Shutdown(SocketShutdown.Send);
                    return;
                }

                for (int offset = 0; offset < count;)
                {
                    offset += await socket.SendAsync(buffer.AsMemory(offset, count - offset), cancellationToken).ConfigureAwait(false);
                }

                Interlocked.Add(ref received, count);
                counters.AddReceived(count);
                size = count == size ? largeBuffer : count <= SmallBuffer ? SmallBuffer : size;
            }
            finally
            {
                ArrayPool<byte>.Shared.Return(buffer);
            }
        }
    }

    private void Reset()
    {
        try
        {
            socket.LingerState = new LingerOption(enable: true, seconds: 0);
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // It is gone already.
        }
    }
}
