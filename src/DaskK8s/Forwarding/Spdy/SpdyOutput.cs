using System.Buffers;

namespace DaskK8s.Forwarding.Spdy;

/// <summary>
/// Gathers the frames of all streams of a session and writes them in as few calls as there is time for: while one buffer is on
/// its way the other fills, and who finds it full waits. Holds no memory while nothing is to be sent.
/// </summary>
internal sealed class SpdyOutput(Stream transport, TimeProvider time) : IDisposable
{
    /// <summary>How many bytes of frames wait at most; twice this is held while a write is on its way.</summary>
    private const int Capacity = 32 * 1024;

    /// <summary>Room beyond the capacity that is kept for control frames, which never wait.</summary>
    private const int Reserve = 8 * 1024;

    /// <summary>How much room is worth a frame of its own.</summary>
    private const int SmallestPiece = 1024;

    /// <summary>How many bytes of control frames may pile up behind a transport that does not move.</summary>
    private const int LongestBacklog = 1024 * 1024;

    private readonly Lock gate = new();
    private readonly SemaphoreSlim turn = new(1, 1);
    private byte[]? filling;
    private int filled;
    private bool flushing;
    private int slow;
    private long writingSince;
    private TaskCompletionSource? space;
    private Exception? failure;
    private bool headersBegun;

    /// <summary>Gets how long the write that is on its way has taken; zero when there is none.</summary>
    public TimeSpan WritingFor
    {
        get
        {
            long since = Interlocked.Read(ref writingSince);
            return since == 0 ? TimeSpan.Zero : time.GetElapsedTime(since);
        }
    }

    /// <summary>Writes stream data as frames, waiting while the buffer is full.</summary>
    /// <param name="streamId">The stream.</param>
    /// <param name="data">The bytes; they are copied before the task ends.</param>
    /// <param name="fin">Whether the stream's sending side ends with them.</param>
    /// <param name="cancellationToken">Ends the wait; a part may have been sent.</param>
    /// <returns>A task that ends when the last byte is in the buffer.</returns>
    public ValueTask WriteDataAsync(int streamId, ReadOnlyMemory<byte> data, bool fin, CancellationToken cancellationToken)
    {
        if (Volatile.Read(ref slow) == 0 && TryAppend(streamId, ref data, fin))
        {
            return ValueTask.CompletedTask;
        }

        return WaitAndWriteAsync(streamId, data, fin, cancellationToken);
    }

    /// <summary>Writes frames that do not wait.</summary>
    /// <typeparam name="TState">What the writer needs.</typeparam>
    /// <param name="size">The most bytes that the writer writes.</param>
    /// <param name="state">What the writer needs.</param>
    /// <param name="write">Writes the frames; told whether the session's first header block is still to come, and gives the count.</param>
    /// <param name="hasHeaders">Whether the frames hold a header block.</param>
    public void WriteControl<TState>(int size, TState state, Func<byte[], int, TState, bool, int> write, bool hasHeaders = false)
    {
        bool start;
        lock (gate)
        {
            if (failure is not null || filled + size > LongestBacklog)
            {
                failure ??= new SpdyProtocolException("The peer asks for more answers than it takes.");
                return;
            }

            filling ??= ArrayPool<byte>.Shared.Rent(Capacity + Reserve);
            if (filling.Length - filled < size)
            {
                byte[] larger = ArrayPool<byte>.Shared.Rent(filled + size);
                filling.AsSpan(0, filled).CopyTo(larger);
                ArrayPool<byte>.Shared.Return(filling);
                filling = larger;
            }

            filled += write(filling, filled, state, !headersBegun);
            headersBegun |= hasHeaders;
            start = !flushing;
            flushing = true;
        }

        if (start)
        {
            _ = FlushAsync();
        }
    }

    /// <summary>Ends every wait and refuses further frames.</summary>
    /// <param name="error">What writers are told.</param>
    public void Fail(Exception error)
    {
        lock (gate)
        {
            failure ??= error;
            space?.TrySetResult();
            if (!flushing && filling is not null)
            {
                ArrayPool<byte>.Shared.Return(filling);
                filling = null;
                filled = 0;
            }
        }
    }

    public void Dispose() => turn.Dispose();

    private async ValueTask WaitAndWriteAsync(int streamId, ReadOnlyMemory<byte> data, bool fin, CancellationToken cancellationToken)
    {
        Interlocked.Increment(ref slow);
        try
        {
            // Whoever waits is served in the order of coming, so that one busy stream cannot starve its neighbours.
            await turn.WaitAsync(cancellationToken).ConfigureAwait(false);
            try
            {
                while (!TryAppend(streamId, ref data, fin))
                {
                    await SpaceAsync(data.Length).WaitAsync(cancellationToken).ConfigureAwait(false);
                }
            }
            finally
            {
                turn.Release();
            }
        }
        finally
        {
            Interlocked.Decrement(ref slow);
        }
    }

    private bool HasRoom(int length) => Capacity - SpdyEncoder.HeaderSize - filled >= Math.Min(length, SmallestPiece);

    private Task SpaceAsync(int length)
    {
        lock (gate)
        {
            if (failure is not null || HasRoom(length))
            {
                return Task.CompletedTask;
            }

            space ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            return space.Task;
        }
    }

    /// <summary>Copies as much as there is room for; the rest stays in <paramref name="data"/>.</summary>
    private bool TryAppend(int streamId, ref ReadOnlyMemory<byte> data, bool fin)
    {
        bool start;
        lock (gate)
        {
            if (failure is not null)
            {
                throw failure;
            }

            if (!HasRoom(data.Length))
            {
                return false;
            }

            int count = Math.Min(data.Length, Capacity - SpdyEncoder.HeaderSize - filled);
            filling ??= ArrayPool<byte>.Shared.Rent(Capacity + Reserve);
            SpdyEncoder.WriteDataHeader(filling.AsSpan(filled), streamId, count, fin && count == data.Length);
            data.Span[..count].CopyTo(filling.AsSpan(filled + SpdyEncoder.HeaderSize));
            filled += SpdyEncoder.HeaderSize + count;
            data = data[count..];
            start = !flushing;
            flushing = true;
        }

        if (start)
        {
            _ = FlushAsync();
        }

        return data.IsEmpty;
    }

    /// <summary>Writes until nothing is left; runs on the thread of the writer that found nothing on its way.</summary>
    private async Task FlushAsync()
    {
        byte[]? sending = null;
        try
        {
            while (true)
            {
                int count;
                lock (gate)
                {
                    if (sending is not null)
                    {
                        ArrayPool<byte>.Shared.Return(sending);
                    }

                    (sending, filling) = (filling, null);
                    (count, filled) = (filled, 0);
                    space?.TrySetResult();
                    space = null;
                    if (count == 0 || failure is not null)
                    {
                        flushing = false;
                        break;
                    }
                }

                Interlocked.Exchange(ref writingSince, time.GetTimestamp());
                await transport.WriteAsync(sending.AsMemory(0, count)).ConfigureAwait(false);
                Interlocked.Exchange(ref writingSince, 0);
            }
        }
        catch (Exception e)
        {
            // Whatever broke the transport ends the session: its reading side sees the same and tells the streams.
            lock (gate)
            {
                flushing = false;
                Interlocked.Exchange(ref writingSince, 0);
            }

            Fail(e);
            await transport.DisposeAsync().ConfigureAwait(false);
        }
        finally
        {
            if (sending is not null)
            {
                ArrayPool<byte>.Shared.Return(sending);
            }
        }
    }
}
