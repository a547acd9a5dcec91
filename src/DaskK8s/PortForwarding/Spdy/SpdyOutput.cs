using System.Buffers;

namespace DaskK8s.PortForwarding.Spdy;

/// <summary>
/// Collects the frames of all streams of a session and writes them in as few calls as possible: while one buffer is being
/// written, the other fills, and writers wait if it is full. It holds no memory while there is nothing to send.
/// </summary>
#pragma warning disable CA1001 // The semaphore holds nothing to give back, and must outlive the last writer that waits for it.
internal sealed class SpdyOutput(Stream transport, ArrayPool<byte> buffers, TimeProvider time)
#pragma warning restore CA1001
{
    /// <summary>The maximum number of buffered bytes, and of a frame; twice this is held during a write.</summary>
    /// <remarks>With the reserve, this is one pooled buffer. Servers read a frame as a whole, and long ones are the most efficient.</remarks>
    private const int Capacity = (128 * 1024) - Reserve;

    /// <summary>Space beyond the capacity, reserved for control frames, which never wait.</summary>
    private const int Reserve = 8 * 1024;

    /// <summary>The minimum space for which a separate frame is written.</summary>
    private const int SmallestPiece = 1024;

    /// <summary>The maximum number of bytes in a frame, leaving space for some control frames before it.</summary>
    public const int LargestPiece = Capacity - SmallestPiece;

    /// <summary>The maximum number of bytes of control frames that can accumulate behind a blocked transport.</summary>
    private const int LongestBacklog = 1024 * 1024;

    private readonly Lock _gate = new();
    private readonly SemaphoreSlim _turn = new(1, 1);
    private byte[]? _filling;
    private int _filled;
    private bool _flushing;
    private int _slow;
    private long _writingSince;
    private TaskCompletionSource? _space;
    private Exception? _failure;
    private bool _headersBegun;

    /// <summary>Gets the duration of the current write; zero if there is none.</summary>
    public TimeSpan WritingFor
    {
        get
        {
            long since = Interlocked.Read(ref _writingSince);
            return since == 0 ? TimeSpan.Zero : time.GetElapsedTime(since);
        }
    }

    /// <summary>Writes stream data as frames, waiting while the buffer is full.</summary>
    /// <param name="stream">The stream; its writes after <see cref="Leave"/> are discarded.</param>
    /// <param name="data">The bytes; they are copied before the task completes.</param>
    /// <param name="fin">Whether they end the stream's sending side.</param>
    /// <param name="cancellationToken">Cancels the wait; some bytes may have been sent.</param>
    /// <returns>A task that completes when the last byte is in the buffer.</returns>
    public ValueTask WriteDataAsync(SpdyStream stream, ReadOnlyMemory<byte> data, bool fin, CancellationToken cancellationToken)
    {
        if (Volatile.Read(ref _slow) == 0 && TryAppend(stream, ref data, fin))
        {
            return ValueTask.CompletedTask;
        }

        return WaitAndWriteAsync(stream, data, fin, cancellationToken);
    }

    /// <summary>Prevents further writes for a stream: a ping sent from now on follows its last byte.</summary>
    /// <param name="stream">The stream.</param>
    public void Leave(SpdyStream stream)
    {
        lock (_gate)
        {
            stream.HasLeft = true;
        }
    }

    /// <summary>Writes frames that do not wait, and sends them.</summary>
    /// <typeparam name="TState">The type of the writer's state.</typeparam>
    /// <param name="size">The maximum number of bytes that the writer writes.</param>
    /// <param name="state">The writer's state.</param>
    /// <param name="write">Writes the frames; receives whether the session's first header block is still to be sent, and returns the byte count.</param>
    /// <param name="hasHeaders">Whether the frames contain a header block.</param>
    public void WriteControl<TState>(int size, TState state, Func<byte[], int, TState, bool, int> write, bool hasHeaders = false)
    {
        if (AppendControl(size, state, write, hasHeaders))
        {
            Flush();
        }
    }

    /// <summary>Like <see cref="WriteControl"/>, but leaves sending to the caller, which may hold a lock.</summary>
    /// <typeparam name="TState">The type of the writer's state.</typeparam>
    /// <param name="size">The maximum number of bytes that the writer writes.</param>
    /// <param name="state">The writer's state.</param>
    /// <param name="write">Writes the frames.</param>
    /// <param name="hasHeaders">Whether the frames contain a header block.</param>
    /// <returns>Whether the caller must call <see cref="Flush"/>; nothing is sent until then.</returns>
    public bool AppendControl<TState>(int size, TState state, Func<byte[], int, TState, bool, int> write, bool hasHeaders = false)
    {
        bool start;
        lock (_gate)
        {
            if (_failure is not null || _filled + size > LongestBacklog)
            {
                _failure ??= new SpdyProtocolException("The peer requests more answers than it reads.");
                return false;
            }

            _filling ??= buffers.Rent(Capacity + Reserve);
            if (_filling.Length - _filled < size)
            {
                byte[] larger = buffers.Rent(_filled + size);
                _filling.AsSpan(0, _filled).CopyTo(larger);
                buffers.Return(_filling);
                _filling = larger;
            }

            _filled += write(_filling, _filled, state, !_headersBegun);
            _headersBegun |= hasHeaders;
            start = !_flushing;
            _flushing = true;
        }

        return start;
    }

    /// <summary>Sends the frames of <see cref="AppendControl"/>.</summary>
    public void Flush() => _ = FlushAsync();

    /// <summary>Ends every wait and rejects further frames.</summary>
    /// <param name="error">The error that writers receive.</param>
    public void Fail(Exception error)
    {
        lock (_gate)
        {
            _failure ??= error;
            _space?.TrySetResult();
            if (!_flushing && _filling is not null)
            {
                buffers.Return(_filling);
                _filling = null;
                _filled = 0;
            }
        }
    }

    private async ValueTask WaitAndWriteAsync(SpdyStream stream, ReadOnlyMemory<byte> data, bool fin, CancellationToken cancellationToken)
    {
        Interlocked.Increment(ref _slow);
        try
        {
            // Whoever waits is served in the order of coming, so that one busy stream cannot starve its neighbours.
            await _turn.WaitAsync(cancellationToken).ConfigureAwait(false);
            try
            {
                while (!TryAppend(stream, ref data, fin))
                {
                    await SpaceAsync(data.Length).WaitAsync(cancellationToken).ConfigureAwait(false);
                }
            }
            finally
            {
                _turn.Release();
            }
        }
        finally
        {
            Interlocked.Decrement(ref _slow);
        }
    }

    private bool HasRoom(int length) => Capacity - SpdyEncoder.HeaderSize - _filled >= Math.Min(length, SmallestPiece);

    private Task SpaceAsync(int length)
    {
        lock (_gate)
        {
            if (_failure is not null || HasRoom(length))
            {
                return Task.CompletedTask;
            }

            _space ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            return _space.Task;
        }
    }

    /// <summary>Copies as many bytes as there is space for; the rest stays in <paramref name="data"/>.</summary>
    private bool TryAppend(SpdyStream stream, ref ReadOnlyMemory<byte> data, bool fin)
    {
        bool start;
        lock (_gate)
        {
            if (_failure is not null)
            {
                throw _failure;
            }

            if (stream.HasLeft)
            {
                data = default;
                return true;
            }

            if (!HasRoom(data.Length))
            {
                return false;
            }

            stream.WasWritten |= !data.IsEmpty;

            int count = Math.Min(data.Length, Capacity - SpdyEncoder.HeaderSize - _filled);
            _filling ??= buffers.Rent(Capacity + Reserve);
            SpdyEncoder.WriteDataHeader(_filling.AsSpan(_filled), stream.DataId, count, fin && count == data.Length);
            data.Span[..count].CopyTo(_filling.AsSpan(_filled + SpdyEncoder.HeaderSize));
            _filled += SpdyEncoder.HeaderSize + count;
            data = data[count..];
            start = !_flushing;
            _flushing = true;
        }

        if (start)
        {
            _ = FlushAsync();
        }

        return data.IsEmpty;
    }

    /// <summary>Writes until nothing is left; runs on the thread of the writer that found no write in progress.</summary>
    private async Task FlushAsync()
    {
        byte[]? sending = null;
        try
        {
            while (true)
            {
                int count;
                lock (_gate)
                {
                    if (sending is not null)
                    {
                        buffers.Return(sending);
                    }

                    (sending, _filling) = (_filling, null);
                    (count, _filled) = (_filled, 0);
                    _space?.TrySetResult();
                    _space = null;
                    if (count == 0 || _failure is not null)
                    {
                        _flushing = false;
                        break;
                    }
                }

                Interlocked.Exchange(ref _writingSince, time.GetTimestamp());
                await transport.WriteAsync(sending.AsMemory(0, count)).ConfigureAwait(false);
                Interlocked.Exchange(ref _writingSince, 0);
            }
        }
        catch (Exception e)
        {
            // Whatever broke the transport ends the session: its reading side sees the same and tells the streams.
            lock (_gate)
            {
                _flushing = false;
                Interlocked.Exchange(ref _writingSince, 0);
            }

            Fail(e);
            await transport.DisposeAsync().ConfigureAwait(false);
        }
        finally
        {
            if (sending is not null)
            {
                buffers.Return(sending);
            }
        }
    }
}
