using System.Buffers.Binary;
using System.Collections.Concurrent;

namespace DaskK8s.Testing.Forwarding;

/// <summary>The server side of a SPDY/3.1 connection, limited to what port-forward needs, as on the real server: no flow control, no push, five workers.</summary>
internal sealed class SpdySession(Stream stream, Action<SpdyStream> accept, CancellationToken sessionEnd) : IDisposable
{
    private const int MaxFrame = 1 << 24;

    private readonly SpdyHeaderReader _headers = new();
    private readonly SemaphoreSlim _writing = new(1, 1);
    private readonly ConcurrentDictionary<int, SpdyStream> _streams = new();
    private bool _compressing;
    private int _lastId;

    private enum FrameType
    {
        SynStream = 1,
        SynReply = 2,
        RstStream = 3,
        Settings = 4,
        Ping = 6,
        GoAway = 7,
        Headers = 8,
        WindowUpdate = 9,
    }

    /// <summary>Reads frames until the client ends the connection.</summary>
    public async Task RunAsync()
    {
        byte[] head = new byte[8];
        using CancellationTokenSource over = CancellationTokenSource.CreateLinkedTokenSource(sessionEnd);
        FrameWorkers workers = new(over.Token);
        try
        {
            while (await stream.ReadAtLeastAsync(head, 8, throwOnEndOfStream: false, sessionEnd).ConfigureAwait(false) == 8)
            {
                int length = (head[5] << 16) | (head[6] << 8) | head[7];
                byte[] body = new byte[length];
                await stream.ReadExactlyAsync(body, sessionEnd).ConfigureAwait(false);
                byte flags = head[4];
                if ((head[0] & 0x80) == 0)
                {
                    int id = BinaryPrimitives.ReadInt32BigEndian(head);
                    await workers.QueueAsync(id, () => OnDataAsync(id, flags, body, over.Token), over.Token).ConfigureAwait(false);
                }
                else if (BinaryPrimitives.ReadUInt16BigEndian(head) == 0x8003)
                {
                    await OnControlAsync(workers, (FrameType)BinaryPrimitives.ReadUInt16BigEndian(head.AsSpan(2)), flags, body, over.Token).ConfigureAwait(false);
                }
                else
                {
                    throw new InvalidDataException("A frame of another version than SPDY/3.");
                }
            }
        }
        finally
        {
            foreach (SpdyStream open in _streams.Values)
            {
                open.Abort();
            }

            workers.Complete();
            await over.CancelAsync().ConfigureAwait(false);
            await workers.Ended.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    public async Task WriteDataAsync(int id, ReadOnlyMemory<byte> data, bool final, CancellationToken end)
    {
        byte[] frame = new byte[8 + data.Length];
        BinaryPrimitives.WriteInt32BigEndian(frame, id);
        BinaryPrimitives.WriteInt32BigEndian(frame.AsSpan(4), data.Length);
        frame[4] = final ? (byte)1 : (byte)0;
        data.CopyTo(frame.AsMemory(8));
        await WriteAsync(frame, end).ConfigureAwait(false);
    }

    public async Task ResetAsync(int id, int status, CancellationToken end)
    {
        byte[] body = new byte[8];
        BinaryPrimitives.WriteInt32BigEndian(body, id);
        BinaryPrimitives.WriteInt32BigEndian(body.AsSpan(4), status);
        _streams.TryRemove(id, out _);
        await WriteControlAsync(FrameType.RstStream, 0, body, end).ConfigureAwait(false);
    }

    public void Forget(int id) => _streams.TryRemove(id, out _);

    public void Dispose()
    {
        _headers.Dispose();
        _writing.Dispose();
    }

    private async Task OnDataAsync(int id, byte flags, byte[] body, CancellationToken end)
    {
        if (_streams.TryGetValue(id, out SpdyStream? target))
        {
            await target.ReceiveAsync(body, (flags & 1) != 0, end).ConfigureAwait(false);
        }
        else if (id > _lastId)
        {
            // Data for a stream that was never opened; for one that has ended it may be late and is dropped.
            await ResetAsync(id, 2, end).ConfigureAwait(false);
        }
    }

    private async Task OnControlAsync(FrameWorkers workers, FrameType type, byte flags, byte[] body, CancellationToken end)
    {
        switch (type)
        {
            case FrameType.SynStream:
                await OpenAsync(workers, flags, body, end).ConfigureAwait(false);
                break;
            case FrameType.RstStream:
                int reset = BinaryPrimitives.ReadInt32BigEndian(body) & 0x7FFFFFFF;
                await workers.QueueAsync(reset, () => OnReset(reset), end).ConfigureAwait(false);
                break;
            case FrameType.Ping:
                // Odd ids are the client's own pings.
                bool isOurs = (BinaryPrimitives.ReadInt32BigEndian(body) & 1) == 0;
                await workers.QueueInTurnAsync(() => isOurs ? Task.CompletedTask : WriteControlAsync(FrameType.Ping, 0, body, end), end).ConfigureAwait(false);
                break;
            case FrameType.Headers:
                // Nothing needs them, but the compression goes through all blocks.
                _headers.Read(body.AsSpan(4));
                break;
            case FrameType.GoAway:
                break;
            default:
                await workers.QueueInTurnAsync(() => Task.CompletedTask, end).ConfigureAwait(false);
                break;
        }
    }

    private Task OnReset(int id)
    {
        if (_streams.TryRemove(id, out SpdyStream? reset))
        {
            reset.Abort();
        }

        return Task.CompletedTask;
    }

    private async Task OpenAsync(FrameWorkers workers, byte flags, byte[] body, CancellationToken end)
    {
        if (body.Length < 10)
        {
            throw new InvalidDataException("A SYN_STREAM frame is too short.");
        }

        int id = BinaryPrimitives.ReadInt32BigEndian(body) & 0x7FFFFFFF;
        Dictionary<string, string> headers = _headers.Read(body.AsSpan(10));
        if (id % 2 == 0 || id <= _lastId)
        {
            await ResetAsync(id, 1, end).ConfigureAwait(false);
            return;
        }

        _lastId = id;
        SpdyStream opened = new(id, headers, this);
        _streams[id] = opened;
        if ((flags & 1) != 0)
        {
            opened.CloseClientSide();
        }

        await workers.QueueAsync(id, () => AcceptAsync(opened, end), end).ConfigureAwait(false);
    }

    private async Task AcceptAsync(SpdyStream opened, CancellationToken end)
    {
        if (opened.Headers.GetValueOrDefault("streamtype") is not ("data" or "error")
            || !int.TryParse(opened.Headers.GetValueOrDefault("port"), out int port) || port is < 1 or > 65535)
        {
            await ResetAsync(opened.Id, 3, end).ConfigureAwait(false);
            return;
        }

        await ReplyAsync(opened.Id, end).ConfigureAwait(false);
        accept(opened);
    }

    /// <summary>Accepts a stream without headers, in a stored block that ends on a byte boundary as after a flush.</summary>
    private async Task ReplyAsync(int id, CancellationToken end)
    {
        List<byte> body = [(byte)(id >> 24), (byte)(id >> 16), (byte)(id >> 8), (byte)id];
        await _writing.WaitAsync(end).ConfigureAwait(false);
        try
        {
            if (!_compressing)
            {
                _compressing = true;
                body.AddRange([0x78, 0xBB, 0xE3, 0xC6, 0xA7, 0xC2]);
            }

            body.AddRange([0, 4, 0, 0xFB, 0xFF, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF]);
            await SendAsync(Control(FrameType.SynReply, 0, [.. body])).ConfigureAwait(false);
        }
        finally
        {
            _writing.Release();
        }
    }

    private Task WriteControlAsync(FrameType type, byte flags, byte[] body, CancellationToken end) => WriteAsync(Control(type, flags, body), end);

    private static byte[] Control(FrameType type, byte flags, byte[] body)
    {
        byte[] frame = new byte[8 + body.Length];
        BinaryPrimitives.WriteUInt16BigEndian(frame, 0x8003);
        BinaryPrimitives.WriteUInt16BigEndian(frame.AsSpan(2), (ushort)type);
        BinaryPrimitives.WriteInt32BigEndian(frame.AsSpan(4), body.Length & (MaxFrame - 1));
        frame[4] = flags;
        body.CopyTo(frame, 8);
        return frame;
    }

    private async Task WriteAsync(byte[] frame, CancellationToken end)
    {
        await _writing.WaitAsync(end).ConfigureAwait(false);
        try
        {
            await SendAsync(frame).ConfigureAwait(false);
        }
        finally
        {
            _writing.Release();
        }
    }

    /// <summary>Sends a whole frame: only the end of the session interrupts it, because half a TLS record would break all streams.</summary>
    private async Task SendAsync(byte[] frame)
    {
        await stream.WriteAsync(frame, sessionEnd).ConfigureAwait(false);
        await stream.FlushAsync(sessionEnd).ConfigureAwait(false);
    }
}
