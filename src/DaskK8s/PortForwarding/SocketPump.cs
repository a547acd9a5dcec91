using System.Net;
using System.Net.Sockets;

using DaskK8s.PortForwarding.Spdy;
using DaskK8s.PortForwarding.Tunnels;
using DaskK8s.Sockets;

using Microsoft.Extensions.Logging;

namespace DaskK8s.PortForwarding;

/// <summary>Connects one accepted socket to one stream: bytes in order, a close as a close, a reset as a reset.</summary>
internal sealed class SocketPump(
    Socket socket,
    EndPoint localEndPoint,
    Func<CancellationToken, ValueTask<TunnelStream>> open,
    TunnelOptions options,
    TunnelCounters counters,
    ILogger logger)
{
    private const int SmallBuffer = 4 * 1024;

    /// <summary>The maximum number of consecutive reads from the client before other connections get their turn.</summary>
    private const int LongestTurn = 8;

    /// <summary>
    /// How long the pod can stay silent after the client closed its side, if the transport cannot signal that to the pod: a client that
    /// is done looks the same as one that waits for a response.
    /// </summary>
    private static readonly TimeSpan SilenceAfterClose = TimeSpan.FromSeconds(5);

    /// <summary>
    /// How long the client's last bytes are still received, and discarded, after the pod's end has closed: closing earlier would reset the
    /// connection and lose the pod's last bytes.
    /// </summary>
    private static readonly TimeSpan LingerTime = TimeSpan.FromSeconds(1);

    /// <summary>Half of a connection's memory limit, but no more than fits in one frame.</summary>
    private readonly int _largeBuffer = Math.Clamp(options.ConnectionBufferSize / 2, SmallBuffer, SpdyOutput.LargestPiece);
    private TunnelStream? _tunnel;
    private long _sent;
    private long _received;
    private bool _noted;

    /// <summary>Runs the connection until it ends; never throws.</summary>
    /// <param name="closing">Resets the connection when the listener closes.</param>
    /// <returns>A task that completes with the connection.</returns>
    public async Task RunAsync(CancellationToken closing)
    {
        counters.Begin();
        CancellationTokenRegistration killing = default;
        try
        {
            socket.NoDelay = true;
            socket.Blocking = false;
            _tunnel = await open(closing).ConfigureAwait(false);
            _tunnel.ContinueInline = true;

            // The loops take no token: ending both ends is what ends them, and it costs nothing for each read and write.
            killing = closing.UnsafeRegister(static pump => ((SocketPump)pump!).Kill(), this);
            await JoinAsync(_tunnel).ConfigureAwait(false);
            ForwardingLog.ConnectionEnded(logger, localEndPoint, _sent, _received);
        }
        catch (DaskK8sException e)
        {
            NoteFailure(e);
        }
        catch (Exception e) when (e is OperationCanceledException or ObjectDisposedException)
        {
            Reset();
        }
        catch (Exception e) when (e is SocketException or IOException)
        {
            ForwardingLog.ConnectionEnded(logger, localEndPoint, _sent, _received);
        }
        catch (Exception e)
        {
            // One connection's surprise must not end the listener's others.
            NoteFailure(e);
            Reset();
        }
        finally
        {
            await killing.DisposeAsync().ConfigureAwait(false);
            await SocketLoop.CloseAsync(socket).ConfigureAwait(false);
            if (_tunnel is not null)
            {
                await _tunnel.DisposeAsync().ConfigureAwait(false);
            }

            counters.End();
        }
    }

    /// <summary>Runs both directions; the first failure ends both, and is the one reported.</summary>
    private async Task JoinAsync(TunnelStream stream)
    {
        Task up = UpAsync(stream);
        Task down = DownAsync(stream);
        Task first = await Task.WhenAny(up, down).ConfigureAwait(false);
        if (first.IsCompletedSuccessfully)
        {
            if (first == down)
            {
                await AwaitClientAsync(up, stream).ConfigureAwait(false);
            }
            else if (stream.CanHalfClose)
            {
                await down.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                first = down;
            }
            else
            {
                await AwaitSilenceAsync(down).ConfigureAwait(false);
            }
        }

        else if (first == down && _received == 0 && first.Exception?.InnerException is PortForwardException { Refusal: not null })
        {
            NoteFailure(first.Exception.InnerException);

            // Nothing was cut: the client sees a close, as it would from a program that hangs up.
            socket.Shutdown(SocketShutdown.Send);
            await AwaitClientAsync(up, stream).ConfigureAwait(false);
        }
        else
        {
            // A cut transfer must not look like a finished one.
            Reset();
        }

        stream.Abort();
        await SocketLoop.CloseAsync(socket).ConfigureAwait(false);
        await Task.WhenAll(up, down).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await first.ConfigureAwait(false);
    }

    /// <summary>After the pod has closed its side, waits until the client has too, or until its data can no longer be delivered.</summary>
    private static async Task AwaitClientAsync(Task up, TunnelStream stream)
    {
        await Task.WhenAny(up, stream.PeerEnded).ConfigureAwait(false);
        if (!up.IsCompleted)
        {
            await Task.WhenAny(up, Task.Delay(LingerTime)).ConfigureAwait(false);
        }
    }

    private async Task AwaitSilenceAsync(Task down)
    {
        long before = -1;
        while (!down.IsCompleted && before != Interlocked.Read(ref _received))
        {
            before = Interlocked.Read(ref _received);
            await Task.WhenAny(down, Task.Delay(SilenceAfterClose)).ConfigureAwait(false);
        }
    }

    private async Task UpAsync(TunnelStream stream)
    {
        SocketWait readable = new(socket, forWriting: false);
        int size = SmallBuffer;
        while (true)
        {
            await readable.WaitAsync(inline: true).ConfigureAwait(false);
            bool mayHaveMore = true;
            for (int turn = 0; turn < LongestTurn && mayHaveMore; turn++)
            {
                byte[] buffer = options.Buffers.Rent(size);
                try
                {
                    int count = socket.Receive(buffer.AsSpan(0, size), SocketFlags.None, out SocketError error);
                    if (error == SocketError.WouldBlock)
                    {
                        break;
                    }

                    ThrowIf(error);
                    if (count == 0)
                    {
                        await stream.CompleteWritesAsync(CancellationToken.None).ConfigureAwait(false);
                        return;
                    }

                    await stream.WriteAsync(buffer.AsMemory(0, count), CancellationToken.None).ConfigureAwait(false);
                    _sent += count;
                    counters.AddSent(count);
                    mayHaveMore = count == size;
                    size = count == size ? _largeBuffer : count <= SmallBuffer ? SmallBuffer : size;
                }
                finally
                {
                    options.Buffers.Return(buffer);
                }
            }
        }
    }

    private async Task DownAsync(TunnelStream stream)
    {
        SocketWait writable = new(socket, forWriting: true);
        while (true)
        {
            ReadOnlyMemory<byte> data = await stream.BorrowAsync(CancellationToken.None).ConfigureAwait(false);
            if (data.IsEmpty)
            {
                socket.Shutdown(SocketShutdown.Send);
                return;
            }

            int count = 0;
            SocketError error;
            try
            {
                count = socket.Send(data.Span, SocketFlags.None, out error);
            }
            finally
            {
                stream.Return(count);
            }

            if (error == SocketError.WouldBlock)
            {
                await writable.WaitAsync(inline: true).ConfigureAwait(false);
                continue;
            }

            ThrowIf(error);
            Interlocked.Add(ref _received, count);
            counters.AddReceived(count);
        }
    }

    private static void ThrowIf(SocketError error)
    {
        if (error != SocketError.Success)
        {
            throw new SocketException((int)error);
        }
    }

    private void NoteFailure(Exception failure)
    {
        if (!_noted)
        {
            _noted = true;
            counters.AddFailed();
            ForwardingLog.ConnectionFailed(logger, localEndPoint, failure.Message);
        }
    }

    private void Kill()
    {
        Reset();
        _tunnel?.Abort();
        _ = SocketLoop.CloseAsync(socket);
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
