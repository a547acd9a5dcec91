using DaskK8s.PortForwarding.Tunnels;
using DaskK8s.Sockets;

namespace DaskK8s.PortForwarding.Spdy;

/// <summary>Reads a session's transport and dispatches the data; a stream whose reader stops blocks it.</summary>
internal sealed class SpdyReader(SpdySession session, Stream transport, TunnelOptions options, TimeProvider time)
{
    private const int ReadBufferSize = 64 * 1024;
    private const int SmallestRead = 16 * 1024;

    private readonly List<SpdyStream> _touched = [];
    private long _stalledSince;
    private volatile SpdyStream? _stalling;

    /// <summary>Gets the stream whose reader blocks the session, or null.</summary>
    public SpdyStream? Stalling => _stalling;

    /// <summary>Gets how long it has blocked the session.</summary>
    public TimeSpan StalledFor => _stalling is null ? TimeSpan.Zero : time.GetElapsedTime(Interlocked.Read(ref _stalledSince));

    /// <summary>Reads until the transport ends.</summary>
    /// <returns>The error that ended it, or null.</returns>
    public async Task<Exception?> RunAsync()
    {
        await SocketLoop.SwitchAsync().ConfigureAwait(false);
        byte[] buffer = options.Buffers.Rent(ReadBufferSize);
        SpdyDecoder decoder = new();
        try
        {
            await ReadAsync(buffer, decoder).ConfigureAwait(false);
            return null;
        }
        catch (Exception e)
        {
            // Whatever it was, the session is over and its streams must know.
            return e;
        }
        finally
        {
            options.Buffers.Return(buffer);
        }
    }

    /// <summary>Reads and dispatches until the transport ends; collects all available data before waking any reader.</summary>
    private async Task ReadAsync(byte[] buffer, SpdyDecoder decoder)
    {
        int begin = 0;
        int end = 0;
        while (true)
        {
            if (begin == end)
            {
                begin = end = 0;
            }
            else if (buffer.Length - end < SmallestRead)
            {
                await HandOutAsync(buffer.AsMemory(begin, end - begin), decoder).ConfigureAwait(false);
                begin = end = 0;
            }

            ValueTask<int> read = transport.ReadAsync(buffer.AsMemory(end), CancellationToken.None);
            if (!read.IsCompleted && begin < end)
            {
                await HandOutAsync(buffer.AsMemory(begin, end - begin), decoder).ConfigureAwait(false);
                begin = end;
            }

            int count = await read.ConfigureAwait(false);
            if (count == 0)
            {
                await HandOutAsync(buffer.AsMemory(begin, end - begin), decoder).ConfigureAwait(false);
                return;
            }

            session.OnReceived();
            end += count;
        }
    }

    private async ValueTask HandOutAsync(ReadOnlyMemory<byte> input, SpdyDecoder decoder)
    {
        while (true)
        {
            int used = HandOut(input.Span, decoder, out SpdyStream? full, out int left, out bool fin);
            if (full is null)
            {
                break;
            }

            SignalTouched();
            ReadOnlyMemory<byte> rest = input.Slice(used - left, left);
            input = input[used..];
            await WaitForReaderAsync(full, rest, fin).ConfigureAwait(false);
        }

        SignalTouched();
    }

    private void SignalTouched()
    {
        foreach (SpdyStream stream in _touched)
        {
            stream.Queue.Signal();
        }

        _touched.Clear();
    }

    /// <summary>Dispatches events until the input is consumed or a stream is full.</summary>
    /// <returns>The number of input bytes that were consumed.</returns>
    private int HandOut(ReadOnlySpan<byte> input, SpdyDecoder decoder, out SpdyStream? full, out int left, out bool fin)
    {
        ReadOnlySpan<byte> rest = input;
        while (decoder.TryRead(ref rest, out SpdyEvent found))
        {
            if (found.Type != SpdyFrameType.Data)
            {
                session.OnControl(found);
                continue;
            }

            SpdyStream? stream = session.Find(found.StreamId);
            if (stream is null)
            {
                continue;
            }

            if (found.StreamId == stream.ErrorId)
            {
                stream.OnErrorText(found.Data);
            }
            else if (!found.Data.IsEmpty)
            {
                stream.AwaitsPeer = false;
                int taken = stream.Queue.Append(found.Data);
                if (_touched.Count == 0 || _touched[^1] != stream)
                {
                    _touched.Add(stream);
                }

                if (taken < found.Data.Length)
                {
                    full = stream;
                    left = found.Data.Length - taken;
                    fin = found.Fin;
                    return input.Length - rest.Length;
                }
            }

            if (found.Fin)
            {
                stream.OnEnd(isData: found.StreamId == stream.DataId);
            }
        }

        full = null;
        left = 0;
        fin = false;
        return input.Length;
    }

    private async ValueTask WaitForReaderAsync(SpdyStream stream, ReadOnlyMemory<byte> rest, bool fin)
    {
        Interlocked.Exchange(ref _stalledSince, time.GetTimestamp());
        try
        {
            while (!rest.IsEmpty && !session.IsOver)
            {
                Task room = stream.Queue.WaitForRoomAsync();
                if (!room.IsCompleted)
                {
                    _stalling = stream;
                    bool isLoop = SocketLoop.IsCurrent;
                    await room.ConfigureAwait(false);
                    if (isLoop)
                    {
                        await SocketLoop.SwitchAsync().ConfigureAwait(false);
                    }
                }

                rest = rest[stream.Queue.Append(rest.Span)..];
                stream.Queue.Signal();
            }
        }
        finally
        {
            _stalling = null;
        }

        if (fin)
        {
            stream.OnEnd(isData: true);
        }
    }
}
