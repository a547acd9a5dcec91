using System.Buffers;
using System.Net.Sockets;
using System.Net.WebSockets;
using System.Text;
using DaskK8s.Testing.Storage;

namespace DaskK8s.Testing.Forwarding;

/// <summary>
/// Forwards ports over one WebSocket in the channel protocol: each message is a channel byte and data; channel 2i carries the data of the i-th port, 2i+1 its errors,
/// and the first message of each channel is the port, two bytes little-endian.
/// </summary>
internal sealed class ChannelForward(PodDialer dialer, StoredObject pod, int[] ports, bool base64, ForwardFaults faults) : IDisposable
{
    private const int ChunkSize = 32 * 1024;

    private readonly SemaphoreSlim _sending = new(1, 1);
    private long _sent;

    public async Task RunAsync(Stream stream, CancellationToken end)
    {
        WebSocket socket = WebSocket.CreateFromStream(stream, new WebSocketCreationOptions { IsServer = true, KeepAliveInterval = TimeSpan.Zero });
        using CancellationTokenSource over = CancellationTokenSource.CreateLinkedTokenSource(end);
        Socket?[] targets = new Socket?[ports.Length];
        List<Task> tasks = [];
        TaskCompletionSource[] dialled = [.. ports.Select(_ => new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously))];
        try
        {
            for (int i = 0; i < ports.Length; i++)
            {
                byte[] port = [(byte)ports[i], (byte)(ports[i] >> 8)];
                await SendAsync(socket, 2 * i, port, over.Token).ConfigureAwait(false);
                await SendAsync(socket, (2 * i) + 1, port, over.Token).ConfigureAwait(false);
            }

            for (int i = 0; i < ports.Length; i++)
            {
#pragma warning disable CA2025 // The finally block waits for all of them.
                tasks.Add(DownAsync(socket, i, targets, dialled[i], over.Token));
#pragma warning restore CA2025
            }

            Task down = Task.WhenAll(tasks);
            Task up = UpAsync(socket, targets, dialled, over.Token);
            tasks.Add(up);
            await Task.WhenAny(down, up).ConfigureAwait(false);
            if (!end.IsCancellationRequested && socket.State is WebSocketState.Open or WebSocketState.CloseReceived)
            {
                using CancellationTokenSource patience = new(TimeSpan.FromSeconds(1));
                await socket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, null, patience.Token).ConfigureAwait(false);
            }

            if (end.IsCancellationRequested && faults.MidFrame)
            {
                await BreakFrameAsync(stream).ConfigureAwait(false);
            }
        }
        catch (Exception e) when (e is WebSocketException or IOException or OperationCanceledException or ObjectDisposedException or SocketException)
        {
            // The client or the pod went away: there is nobody left to tell.
        }
        finally
        {
            await over.CancelAsync().ConfigureAwait(false);
            foreach (Socket? target in targets)
            {
                target?.Dispose();
            }

            await Task.WhenAll(tasks).ContinueWith(done => _ = done.Exception, TaskScheduler.Default).ConfigureAwait(false);
            socket.Dispose();
        }
    }

    public void Dispose() => _sending.Dispose();

    /// <summary>Announces a frame of 1000 bytes and sends three of them.</summary>
    private static async Task BreakFrameAsync(Stream stream)
    {
        await stream.WriteAsync(new byte[] { 0x82, 126, 0x03, 0xE8, 0, 1, 2 }, CancellationToken.None).ConfigureAwait(false);
        await stream.FlushAsync(CancellationToken.None).ConfigureAwait(false);
    }

    private async Task DownAsync(WebSocket socket, int index, Socket?[] targets, TaskCompletionSource dialled, CancellationToken end)
    {
        try
        {
            targets[index] = await dialer.DialAsync(pod, ports[index], end).ConfigureAwait(false);
            dialled.TrySetResult();
        }
        catch (IOException e)
        {
            dialled.TrySetResult();
            await SendAsync(socket, (2 * index) + 1, Encoding.UTF8.GetBytes(e.Message), end).ConfigureAwait(false);
            return;
        }

        byte[] buffer = ArrayPool<byte>.Shared.Rent(ChunkSize);
        try
        {
            int read;
            while ((read = await targets[index]!.ReceiveAsync(buffer, end).ConfigureAwait(false)) > 0)
            {
                await SendAsync(socket, 2 * index, buffer.AsMemory(0, read), end).ConfigureAwait(false);
                _sent += read;
                if (faults.CutAfter >= 0 && _sent >= faults.CutAfter)
                {
                    faults.Cut(faults.MidFrame);
                    end.ThrowIfCancellationRequested();
                }
            }
        }
        catch (SocketException)
        {
            // A reset by the pod ends the forward as an end of data does.
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private async Task UpAsync(WebSocket socket, Socket?[] targets, TaskCompletionSource[] dialled, CancellationToken end)
    {
        byte[] buffer = ArrayPool<byte>.Shared.Rent(ChunkSize);
        try
        {
            int channel = -1;
            using MemoryStream text = new();
            while (true)
            {
                ValueWebSocketReceiveResult result = await socket.ReceiveAsync(buffer.AsMemory(), end).ConfigureAwait(false);
                if (result.MessageType == WebSocketMessageType.Close)
                {
                    return;
                }

                ReadOnlyMemory<byte> data = buffer.AsMemory(0, result.Count);
                if (channel < 0)
                {
                    if (data.Length == 0)
                    {
                        continue;
                    }

                    channel = base64 ? data.Span[0] - '0' : data.Span[0];
                    data = data[1..];
                }

                if (base64)
                {
                    text.Write(data.Span);
                    data = result.EndOfMessage ? Convert.FromBase64String(Encoding.ASCII.GetString(text.ToArray())) : default;
                }

                if (channel % 2 == 0 && channel / 2 < targets.Length && data.Length > 0)
                {
                    await dialled[channel / 2].Task.WaitAsync(end).ConfigureAwait(false);
                    if (targets[channel / 2] is { } target)
                    {
                        await SendAllAsync(target, data, end).ConfigureAwait(false);
                    }
                }

                if (result.EndOfMessage)
                {
                    channel = -1;
                    text.SetLength(0);
                }
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private static async Task SendAllAsync(Socket target, ReadOnlyMemory<byte> data, CancellationToken end)
    {
        while (data.Length > 0)
        {
            data = data[await target.SendAsync(data, end).ConfigureAwait(false)..];
        }
    }

    private async Task SendAsync(WebSocket socket, int channel, ReadOnlyMemory<byte> data, CancellationToken end)
    {
        ReadOnlyMemory<byte> message = base64
            ? Encoding.ASCII.GetBytes($"{channel}{Convert.ToBase64String(data.Span)}")
            : (byte[])[(byte)channel, .. data.Span];
        await _sending.WaitAsync(end).ConfigureAwait(false);
        try
        {
            await socket.SendAsync(message, base64 ? WebSocketMessageType.Text : WebSocketMessageType.Binary, endOfMessage: true, end).ConfigureAwait(false);
        }
        finally
        {
            _sending.Release();
        }
    }
}
