using System.Buffers;
using System.Threading.Tasks.Sources;

namespace DaskK8s.Forwarding.Spdy;

/// <summary>
/// Holds what came for one stream and was not read yet: one writer (the session), one reader, pooled chunks, never more bytes
/// than its limit. An empty queue holds no memory.
/// </summary>
internal sealed class ReceiveQueue(int limit) : IValueTaskSource
{
    private const int SmallestChunk = 4 * 1024;
    private const int LargestChunk = 32 * 1024;

    private readonly Lock gate = new();
    private readonly Queue<Chunk> chunks = new();
    private ManualResetValueTaskSourceCore<bool> reader = new() { RunContinuationsAsynchronously = true };
    private Chunk? tail;
    private Chunk? lent;
    private TaskCompletionSource? room;
    private Exception? failure;
    private int count;
    private bool waiting;
    private bool completed;
    private bool discarding;

    /// <summary>Gets how many bytes wait for the reader.</summary>
    public int Count => Volatile.Read(ref count);

    /// <summary>Gets or sets whether a waiting reader goes on inside <see cref="Signal"/>.</summary>
    public bool ContinueInline
    {
        get => !reader.RunContinuationsAsynchronously;
        set => reader.RunContinuationsAsynchronously = !value;
    }

    /// <summary>Takes as many bytes as there is room for; the reader is not told yet.</summary>
    /// <param name="data">The bytes.</param>
    /// <returns>How many were taken.</returns>
    public int Append(ReadOnlySpan<byte> data)
    {
        lock (gate)
        {
            if (discarding || completed)
            {
                return data.Length;
            }

            int taken = Math.Min(data.Length, limit - count);
            data = data[..taken];
            while (!data.IsEmpty)
            {
                if (tail is null || tail.End == tail.Array.Length)
                {
                    tail = new Chunk(ArrayPool<byte>.Shared.Rent(Math.Clamp(data.Length, SmallestChunk, LargestChunk)));
                    chunks.Enqueue(tail);
                }

                int part = Math.Min(data.Length, tail.Array.Length - tail.End);
                data[..part].CopyTo(tail.Array.AsSpan(tail.End));
                tail.End += part;
                data = data[part..];
            }

            Volatile.Write(ref count, count + taken);
            return taken;
        }
    }

    /// <summary>Lets a waiting reader go on when there is something for it.</summary>
    public void Signal()
    {
        lock (gate)
        {
            if (!waiting || (count == 0 && !completed && !discarding))
            {
                return;
            }

            waiting = false;
        }

        reader.SetResult(true);
    }

    /// <summary>Says that nothing more comes; what is held can still be read.</summary>
    /// <param name="error">Thrown after the last byte; null for an ordinary end.</param>
    public void Complete(Exception? error)
    {
        lock (gate)
        {
            if (completed)
            {
                return;
            }

            completed = true;
            failure = error;
            room?.TrySetResult();
        }

        Signal();
    }

    /// <summary>Throws away what is held and what still comes; a waiting reader is woken.</summary>
    public void Discard()
    {
        lock (gate)
        {
            discarding = true;
            while (chunks.TryDequeue(out Chunk? chunk))
            {
                if (chunk != lent)
                {
                    ArrayPool<byte>.Shared.Return(chunk.Array);
                }
            }

            tail = null;
            Volatile.Write(ref count, 0);
            room?.TrySetResult();
        }

        Signal();
    }

    /// <summary>Waits until there is something to read or nothing more comes.</summary>
    /// <returns>A task that ends then; only one reader may wait.</returns>
    public ValueTask WaitAsync()
    {
        lock (gate)
        {
            if (count > 0 || completed || discarding)
            {
                return ValueTask.CompletedTask;
            }

            reader.Reset();
            waiting = true;
            return new ValueTask(this, reader.Version);
        }
    }

    /// <summary>Ends the wait of a reader that gave up; the queue stays as it is.</summary>
    /// <param name="cancellationToken">What the reader's wait throws.</param>
    public void CancelWait(CancellationToken cancellationToken)
    {
        lock (gate)
        {
            if (!waiting)
            {
                return;
            }

            waiting = false;
        }

        reader.SetException(new OperationCanceledException(cancellationToken));
    }

    /// <summary>Lends the oldest bytes to the reader, who gives them back with <see cref="Return"/>.</summary>
    /// <param name="data">The bytes; empty at the end and when nothing is there.</param>
    /// <returns>False when nothing is there yet; true with no bytes at the end.</returns>
    /// <exception cref="PortForwardException">The stream ended with an error, and everything before it was read.</exception>
    public bool TryBorrow(out ReadOnlyMemory<byte> data)
    {
        lock (gate)
        {
            if (chunks.TryPeek(out Chunk? head))
            {
                lent = head;
                data = head.Array.AsMemory(head.Start, head.End - head.Start);
                return true;
            }

            data = default;
            if (failure is not null)
            {
                throw failure;
            }

            return completed || discarding;
        }
    }

    /// <summary>Gives borrowed bytes back.</summary>
    /// <param name="consumed">How many of them were used; the others are lent again.</param>
    public void Return(int consumed)
    {
        lock (gate)
        {
            Chunk chunk = lent!;
            lent = null;
            if (discarding)
            {
                ArrayPool<byte>.Shared.Return(chunk.Array);
                return;
            }

            chunk.Start += consumed;
            Volatile.Write(ref count, count - consumed);
            if (chunk.Start == chunk.End)
            {
                chunks.Dequeue();
                tail = tail == chunk ? null : tail;
                ArrayPool<byte>.Shared.Return(chunk.Array);
            }

            if (room is not null && count <= limit / 2)
            {
                room.TrySetResult();
                room = null;
            }
        }
    }

    /// <summary>Waits until half of the limit is free, or nothing more will be read.</summary>
    /// <returns>A task that ends then.</returns>
    public Task WaitForRoomAsync()
    {
        lock (gate)
        {
            if (completed || discarding || count < limit)
            {
                return Task.CompletedTask;
            }

            room ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            return room.Task;
        }
    }

    void IValueTaskSource.GetResult(short token) => reader.GetResult(token);

    ValueTaskSourceStatus IValueTaskSource.GetStatus(short token) => reader.GetStatus(token);

    void IValueTaskSource.OnCompleted(
        Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        reader.OnCompleted(continuation, state, token, flags);

    private sealed class Chunk(byte[] array)
    {
        public byte[] Array { get; } = array;

        public int Start { get; set; }

        public int End { get; set; }
    }
}
