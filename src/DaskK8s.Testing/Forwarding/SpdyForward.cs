using System.Buffers;
using System.Collections.Concurrent;
using System.Globalization;
using System.Net.Sockets;
using System.Text;
using DaskK8s.Testing.Storage;

namespace DaskK8s.Testing.Forwarding;

/// <summary>Forwards connections to a pod over one SPDY session: each is a pair of streams, one for data and one for an error, joined by their request id.</summary>
internal sealed class SpdyForward(PodDialer dialer, StoredObject pod, ForwardFaults faults, bool resetsErrors) : IDisposable
{
    private const int ChunkSize = 32 * 1024;

    private static readonly TimeSpan PairPatience = TimeSpan.FromSeconds(30);

    private readonly Lock _pairing = new();
    private readonly ConcurrentDictionary<string, SpdyStream> _halves = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<Task, byte> _running = new();
    private readonly CancellationTokenSource _over = new();
    private long _sent;

    public async Task RunAsync(Stream stream, CancellationToken end)
    {
        using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(end, _over.Token);
        SpdySession session = new(stream, opened => Accept(opened, either.Token), either.Token);
        try
        {
            await session.RunAsync().ConfigureAwait(false);
        }
        catch (Exception e) when (e is IOException or OperationCanceledException or ObjectDisposedException or SocketException or InvalidDataException)
        {
            if (end.IsCancellationRequested && faults.MidFrame)
            {
                await BreakFrameAsync(stream).ConfigureAwait(false);
            }
        }
        finally
        {
            await _over.CancelAsync().ConfigureAwait(false);
            await Task.WhenAll(_running.Keys).ConfigureAwait(false);
            session.Dispose();
        }
    }

    public void Dispose() => _over.Dispose();

    /// <summary>Announces 1000 bytes of data on stream 1 and sends three of them.</summary>
    private static async Task BreakFrameAsync(Stream stream)
    {
        try
        {
            await stream.WriteAsync(new byte[] { 0, 0, 0, 1, 0, 0, 0x03, 0xE8, 1, 2, 3 }, CancellationToken.None).ConfigureAwait(false);
            await stream.FlushAsync(CancellationToken.None).ConfigureAwait(false);
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException or InvalidOperationException)
        {
            // The connection is broken already, which is what was wanted.
        }
    }

    private void Accept(SpdyStream opened, CancellationToken end)
    {
        // Clients before 1.5 had no request id; their pairs are told apart by the ids of the streams.
        string request = opened.Headers.GetValueOrDefault("requestid") ?? (opened.Headers["streamtype"] == "error" ? opened.Id : opened.Id - 2).ToString(CultureInfo.InvariantCulture);
        SpdyStream? other;
        lock (_pairing)
        {
            // Both halves may come at the same time: workers of their own bring them.
            if (!_halves.TryRemove(request, out other))
            {
                _halves[request] = opened;
                Run(ExpectPairAsync(request, opened, end));
                return;
            }
        }

        (SpdyStream data, SpdyStream error) = opened.Headers["streamtype"] == "data" ? (opened, other) : (other, opened);
        Run(ForwardAsync(data, error, int.Parse(data.Headers["port"], CultureInfo.InvariantCulture), end));
    }

    private void Run(Task task)
    {
        _running[task] = 0;
        _ = task.ContinueWith(done => _running.TryRemove(done, out _), TaskScheduler.Default);
    }

    private async Task ExpectPairAsync(string request, SpdyStream half, CancellationToken end)
    {
        try
        {
            await Task.Delay(PairPatience, end).ConfigureAwait(false);
            if (_halves.TryGetValue(request, out SpdyStream? waiting) && waiting == half && _halves.TryRemove(request, out _))
            {
                await half.WriteAsync(Encoding.UTF8.GetBytes($"error: timed out waiting for streams of request {request}"), end).ConfigureAwait(false);
                await half.FinishAsync(end).ConfigureAwait(false);
            }
        }
        catch (Exception e) when (e is OperationCanceledException or IOException or ObjectDisposedException)
        {
        }
    }

    private async Task ForwardAsync(SpdyStream data, SpdyStream error, int port, CancellationToken end)
    {
        await Task.Yield();
        using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(end, data.Aborted);
        try
        {
            using Socket socket = await dialer.DialAsync(pod, port, either.Token).ConfigureAwait(false);
#pragma warning disable CA2025 // It notices that the socket is gone, as the real server's does: with the next bytes.
            Run(UpAsync(data, socket));
#pragma warning restore CA2025
            await DownAsync(data, socket, either.Token).ConfigureAwait(false);
            await error.FinishAsync(either.Token).ConfigureAwait(false);
            await data.FinishAsync(either.Token).ConfigureAwait(false);
        }
        catch (Exception e) when (e is OperationCanceledException or ObjectDisposedException)
        {
            await TellAsync(data, error, "", end).ConfigureAwait(false);
        }
        catch (SocketException e)
        {
            await TellAsync(data, error, $"error forwarding port {port} to pod {pod.Uid}, uid : {e.Message}", end).ConfigureAwait(false);
        }
        catch (IOException e)
        {
            await TellAsync(data, error, e.Message, end).ConfigureAwait(false);
        }
    }

    private async Task TellAsync(SpdyStream data, SpdyStream error, string message, CancellationToken end)
    {
        try
        {
            if (message.Length > 0 && resetsErrors)
            {
                // As containerd 2 does.
                await data.FinishAsync(end).ConfigureAwait(false);
                await error.WriteAsync(Encoding.UTF8.GetBytes(message), end).ConfigureAwait(false);
                await error.ResetAsync(end).ConfigureAwait(false);
                return;
            }

            if (message.Length > 0)
            {
                await error.WriteAsync(Encoding.UTF8.GetBytes(message), end).ConfigureAwait(false);
            }

            await error.FinishAsync(end).ConfigureAwait(false);
            await data.FinishAsync(end).ConfigureAwait(false);
        }
        catch (Exception e) when (e is OperationCanceledException or ObjectDisposedException or IOException)
        {
            // The whole connection is gone.
        }
    }

    private static async Task UpAsync(SpdyStream data, Socket socket)
    {
        try
        {
            await foreach (byte[] chunk in data.ReadAllAsync(data.Aborted).ConfigureAwait(false))
            {
                ReadOnlyMemory<byte> rest = chunk;
                while (rest.Length > 0)
                {
                    rest = rest[await socket.SendAsync(rest, data.Aborted).ConfigureAwait(false)..];
                }
            }

            if (!data.Aborted.IsCancellationRequested)
            {
                socket.Shutdown(SocketShutdown.Send);
            }
        }
        catch (Exception e) when (e is OperationCanceledException or ObjectDisposedException or SocketException)
        {
            // The other direction ended the connection; whatever still comes from the client has no reader.
        }
    }

    private async Task DownAsync(SpdyStream data, Socket socket, CancellationToken end)
    {
        byte[] buffer = ArrayPool<byte>.Shared.Rent(ChunkSize);
        try
        {
            int read;
            while ((read = await socket.ReceiveAsync(buffer, end).ConfigureAwait(false)) > 0)
            {
                await data.WriteAsync(buffer.AsMemory(0, read), end).ConfigureAwait(false);
                _sent += read;
                if (faults.CutAfter >= 0 && _sent >= faults.CutAfter)
                {
                    faults.Cut(faults.MidFrame);
                    end.ThrowIfCancellationRequested();
                }
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }
}
