using System.Buffers;
using System.Threading.Tasks.Sources;

using DaskK8s.Sockets;

namespace DaskK8s.PortForwarding.Spdy;

/// <summary>
/// A queue of bytes that were received for one stream but not read yet: one writer (the session), one reader, pooled chunks, and
/// a size limit. An empty queue holds no memory.
/// </summary>
internal sealed class ReceiveQueue(int limit, ArrayPool<byte> buffers) : IValueTaskSource
{
    private const int SmallestChunk = 4 * 1024;
    private const int LargestChunk = 64 * 1024;

    private readonly Lock _gate = new();
    private readonly Queue<Chunk> _chunks = new();
    private ManualResetValueTaskSourceCore<bool> _reader = new() { RunContinuationsAsynchronously = true };
    private Chunk? _tail;
    private Chunk? _lent;
    private TaskCompletionSource? _room;
    private Exception? _failure;
    private int _count;
    private bool _waiting;
    private bool _completed;
    private bool _discarding;

    /// <summary>Gets the number of bytes that wait for the reader.</summary>
    public int Count => Volatile.Read(ref _count);

    /// <summary>Gets or sets whether a waiting reader continues inside <see cref="Signal"/>.</summary>
    public bool ContinueInline
    {
        get => !_reader.RunContinuationsAsynchronously;
        set => _reader.RunContinuationsAsynchronously = !value;
    }

    /// <summary>Appends as many bytes as there is room for; the reader is not notified yet.</summary>
    /// <param name="data">The bytes.</param>
    /// <returns>The number of bytes appended.</returns>
    public int Append(ReadOnlySpan<byte> data)
    {
        lock (_gate)
        {
            if (_discarding || _completed)
            {
                return data.Length;
            }

            int taken = Math.Min(data.Length, limit - _count);
            data = data[..taken];
            while (!data.IsEmpty)
            {
                if (_tail is null || _tail.End == _tail.Array.Length)
                {
                    _tail = new Chunk(buffers.Rent(Math.Clamp(data.Length, SmallestChunk, LargestChunk)));
                    _chunks.Enqueue(_tail);
                }

                int part = Math.Min(data.Length, _tail.Array.Length - _tail.End);
                data[..part].CopyTo(_tail.Array.AsSpan(_tail.End));
                _tail.End += part;
                data = data[part..];
            }

            Volatile.Write(ref _count, _count + taken);
            return taken;
        }
    }

    /// <summary>Wakes a waiting reader if there is data for it.</summary>
    public void Signal()
    {
        lock (_gate)
        {
            if (!_waiting || (_count == 0 && !_completed && !_discarding))
            {
                return;
            }

            _waiting = false;
        }

        _reader.SetResult(true);
    }

    /// <summary>Marks the end of the data; queued bytes can still be read.</summary>
    /// <param name="error">The error to throw after the last byte; null for a normal end.</param>
    public void Complete(Exception? error)
    {
        TaskCompletionSource? room;
        lock (_gate)
        {
            if (_completed)
            {
                return;
            }

            _completed = true;
            _failure = error;
            room = _room;
        }

        room?.TrySetResult();

        Signal();
    }

    /// <summary>Discards queued and future bytes; a waiting reader is woken.</summary>
    public void Discard()
    {
        TaskCompletionSource? room;
        lock (_gate)
        {
            _discarding = true;
            while (_chunks.TryDequeue(out Chunk? chunk))
            {
                if (chunk != _lent)
                {
                    buffers.Return(chunk.Array);
                }
            }

            _tail = null;
            Volatile.Write(ref _count, 0);
            room = _room;
        }

        room?.TrySetResult();

        Signal();
    }

    /// <summary>Waits until there is something to read, or no more data will arrive.</summary>
    /// <returns>A task that completes then; only one reader can wait.</returns>
    public ValueTask WaitAsync()
    {
        lock (_gate)
        {
            if (_count > 0 || _completed || _discarding)
            {
                return ValueTask.CompletedTask;
            }

            _reader.Reset();
            _waiting = true;
            return new ValueTask(this, _reader.Version);
        }
    }

    /// <summary>Ends the wait of a reader that gave up; the queue is not changed.</summary>
    /// <param name="cancellationToken">The token that the reader's wait throws for.</param>
    public void CancelWait(CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            if (!_waiting)
            {
                return;
            }

            _waiting = false;
        }

        _reader.SetException(new OperationCanceledException(cancellationToken));
    }

    /// <summary>Lends the oldest bytes to the reader, which returns them with <see cref="Return"/>.</summary>
    /// <param name="data">The bytes; empty at the end, and when there are none.</param>
    /// <returns>False if there are no bytes yet; true without bytes at the end.</returns>
    /// <exception cref="PortForwardException">The stream ended with an error, and all bytes before it have been read.</exception>
    public bool TryBorrow(out ReadOnlyMemory<byte> data)
    {
        lock (_gate)
        {
            if (_chunks.TryPeek(out Chunk? head))
            {
                _lent = head;
                data = head.Array.AsMemory(head.Start, head.End - head.Start);
                return true;
            }

            data = default;
            if (_failure is not null)
            {
                throw _failure;
            }

            return _completed || _discarding;
        }
    }

    /// <summary>Returns borrowed bytes.</summary>
    /// <param name="consumed">The number of bytes that were used; the others are lent again.</param>
    public void Return(int consumed)
    {
        TaskCompletionSource? room = null;
        lock (_gate)
        {
            Chunk chunk = _lent!;
            _lent = null;
            if (_discarding)
            {
                buffers.Return(chunk.Array);
                return;
            }

            chunk.Start += consumed;
            Volatile.Write(ref _count, _count - consumed);
            if (chunk.Start == chunk.End)
            {
                _chunks.Dequeue();
                _tail = _tail == chunk ? null : _tail;
                buffers.Return(chunk.Array);
            }

            if (_room is not null && _count <= limit / 2)
            {
                room = _room;
                _room = null;
            }
        }

        room?.TrySetResult();
    }

    /// <summary>Waits until half of the limit is free, or nothing more will be read.</summary>
    /// <returns>A task that completes then.</returns>
    public Task WaitForRoomAsync()
    {
        lock (_gate)
        {
            if (_completed || _discarding || _count < limit)
            {
                return Task.CompletedTask;
            }

            // The loop's thread may go on inside Return; from any other the session first goes back to it.
            _room ??= new TaskCompletionSource(SocketLoop.IsCurrent ? TaskCreationOptions.None : TaskCreationOptions.RunContinuationsAsynchronously);
            return _room.Task;
        }
    }

    void IValueTaskSource.GetResult(short token) => _reader.GetResult(token);

    ValueTaskSourceStatus IValueTaskSource.GetStatus(short token) => _reader.GetStatus(token);

    void IValueTaskSource.OnCompleted(
        Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _reader.OnCompleted(continuation, state, token, flags);

    private sealed class Chunk(byte[] array)
    {
        public byte[] Array { get; } = array;

        public int Start { get; set; }

        public int End { get; set; }
    }
}
