using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Threading.Channels;

namespace DaskK8s.Tests.Rigs.PortForwarding;

/// <summary>
/// The server's side of a SPDY/3.1 session as kubelets have it: no window updates, frames of one stream handled in order, and a
/// pod that does not read holds up the session after some frames.
/// </summary>
internal sealed class SpdyPeer(Stream transport, Func<int, int> localPort, CancellationToken closing)
{
    private readonly SemaphoreSlim writing = new(1, 1);
    private readonly ConcurrentDictionary<int, PeerStream> streams = new();
    private readonly ConcurrentDictionary<string, PeerStream> halves = new();

    public int Pings { get; private set; }

    public bool AnswersPings { get; set; } = true;

    public int OpenStreams => streams.Count;

    public async Task ServeAsync()
    {
        byte[] header = new byte[8];
        try
        {
            while (true)
            {
                await transport.ReadExactlyAsync(header, closing);
                int length = BinaryPrimitives.ReadInt32BigEndian(header.AsSpan(4)) & 0xFFFFFF;
                byte[] payload = new byte[length];
                await transport.ReadExactlyAsync(payload, closing);
                bool fin = (header[4] & 1) != 0;
                if ((header[0] & 0x80) == 0)
                {
                    await OnDataAsync(BinaryPrimitives.ReadInt32BigEndian(header), payload, fin);
                }
                else
                {
                    BinaryPrimitives.ReadUInt16BigEndian(header).Should().Be(0x8003);
                    await OnControlAsync(header[3], payload);
                }
            }
        }
        finally
        {
            foreach (PeerStream stream in streams.Values)
            {
                stream.Reset();
            }
        }
    }

    public Task SendControlAsync(int type, byte flags, byte[] payload)
    {
        byte[] frame = new byte[8 + payload.Length];
        BinaryPrimitives.WriteUInt32BigEndian(frame, 0x80030000u | (uint)type);
        BinaryPrimitives.WriteUInt32BigEndian(frame.AsSpan(4), (uint)payload.Length | ((uint)flags << 24));
        payload.CopyTo(frame, 8);
        return WriteAsync(frame);
    }

    private static byte[] Number(int value)
    {
        byte[] bytes = new byte[4];
        BinaryPrimitives.WriteInt32BigEndian(bytes, value);
        return bytes;
    }

    private static Dictionary<string, string> ParseHeaders(ReadOnlySpan<byte> block)
    {
        block = block[0] == 0x78 ? block[2..] : block;
        block[0].Should().Be(0);
        int stored = BinaryPrimitives.ReadUInt16LittleEndian(block[1..]);
        block[(5 + stored)..].ToArray().Should().Equal(0, 0, 0, 0xFF, 0xFF);
        block = block.Slice(5, stored);
        Dictionary<string, string> headers = [];
        int count = BinaryPrimitives.ReadInt32BigEndian(block);
        block = block[4..];
        for (int i = 0; i < count; i++)
        {
            string name = Text(ref block);
            headers.Add(name, Text(ref block));
        }

        return headers;
    }

    private static string Text(ref ReadOnlySpan<byte> block)
    {
        int length = BinaryPrimitives.ReadInt32BigEndian(block);
        string text = Encoding.ASCII.GetString(block.Slice(4, length));
        block = block[(4 + length)..];
        return text;
    }

    private async Task OnControlAsync(int type, byte[] payload)
    {
        int id = payload.Length >= 4 ? BinaryPrimitives.ReadInt32BigEndian(payload) : 0;
        switch (type)
        {
            case 1:
                Dictionary<string, string> headers = ParseHeaders(payload.AsSpan(10));
                await SendControlAsync(2, 0, [.. Number(id), 0x78, 0xBB, 0xDF, 0xA2, 0x51, 0xB2]);
                if (headers["streamtype"] == "error")
                {
                    halves[headers["requestid"]] = new PeerStream { ErrorId = id, Port = int.Parse(headers["port"]) };
                }
                else
                {
                    halves.TryRemove(headers["requestid"], out PeerStream? stream).Should().BeTrue();
                    stream!.DataId = id;
                    streams[id] = stream;
                    _ = HandleAsync(stream);
                }

                break;
            case 3:
                if (streams.TryGetValue(id, out PeerStream? reset))
                {
                    reset.Reset();
                }

                break;
            case 6:
                Pings++;
                if (AnswersPings && (id & 1) == 1)
                {
                    await SendControlAsync(6, 0, payload);
                }

                break;
            case 7:
                break;
            default:
                throw new InvalidOperationException($"The client sent a frame of type {type}.");
        }
    }

    private async Task OnDataAsync(int id, byte[] payload, bool fin)
    {
        if (!streams.TryGetValue(id, out PeerStream? stream))
        {
            return;
        }

        if (payload.Length > 0)
        {
            try
            {
                await stream.Inbound.Writer.WriteAsync(payload, closing);
            }
            catch (ChannelClosedException)
            {
            }
        }

        if (fin)
        {
            stream.Inbound.Writer.TryComplete();
        }
    }

    private async Task HandleAsync(PeerStream stream)
    {
        string? error = null;
        using Socket pod = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await pod.ConnectAsync(IPAddress.Loopback, localPort(stream.Port), closing);
            Task up = UpAsync(stream, pod);
            Task down = DownAsync(stream, pod);
            Task first = await Task.WhenAny(up, down);
            await Task.WhenAny(first == up ? down : up, Task.Delay(1000, closing));
            await first;
        }
        catch (SocketException e)
        {
            error = $"error forwarding port {stream.Port} to pod: {e.Message}";
        }
        catch (Exception e) when (e is OperationCanceledException or IOException or ObjectDisposedException)
        {
        }

        try
        {
            if (error is not null)
            {
                await DataAsync(stream.ErrorId, Encoding.UTF8.GetBytes(error), false);
            }

            await DataAsync(stream.ErrorId, Array.Empty<byte>(), true);
            await DataAsync(stream.DataId, Array.Empty<byte>(), true);
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException or OperationCanceledException)
        {
        }

        streams.TryRemove(stream.DataId, out _);
        stream.Inbound.Writer.TryComplete();
    }

    private async Task UpAsync(PeerStream stream, Socket pod)
    {
        await foreach (byte[] data in stream.Inbound.Reader.ReadAllAsync(closing))
        {
            for (int offset = 0; offset < data.Length;)
            {
                offset += await pod.SendAsync(data.AsMemory(offset), closing);
            }
        }

        pod.Shutdown(SocketShutdown.Send);
    }

    private async Task DownAsync(PeerStream stream, Socket pod)
    {
        byte[] buffer = new byte[32 * 1024];
        int count;
        while ((count = await pod.ReceiveAsync(buffer.AsMemory(), closing)) > 0)
        {
            await DataAsync(stream.DataId, buffer.AsMemory(0, count), false);
        }
    }

    private Task DataAsync(int id, ReadOnlyMemory<byte> data, bool fin)
    {
        byte[] frame = new byte[8 + data.Length];
        BinaryPrimitives.WriteInt32BigEndian(frame, id);
        BinaryPrimitives.WriteUInt32BigEndian(frame.AsSpan(4), (uint)data.Length | (fin ? 0x01000000u : 0));
        data.Span.CopyTo(frame.AsSpan(8));
        return WriteAsync(frame);
    }

    private async Task WriteAsync(byte[] frame)
    {
        await writing.WaitAsync(closing);
        try
        {
            await transport.WriteAsync(frame, closing);
        }
        finally
        {
            writing.Release();
        }
    }

    private sealed class PeerStream
    {
        public int ErrorId { get; init; }

        public int DataId { get; set; }

        public int Port { get; init; }

        public Channel<byte[]> Inbound { get; } = Channel.CreateBounded<byte[]>(50);

        public void Reset() => Inbound.Writer.TryComplete();
    }
}
