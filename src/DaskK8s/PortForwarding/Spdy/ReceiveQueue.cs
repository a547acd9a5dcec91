using System.Buffers;
using System.Threading.Tasks.Sources;

using DaskK8s.Sockets;

namespace DaskK8s.PortForwarding.Spdy;

/// <summary>
/// Holds what came for one stream and was not read yet: one writer (the session), one reader, pooled chunks, never more bytes
/// than its limit. An empty queue holds no memory.
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

    /// <summary>Gets how many bytes wait for the reader.</summary>
    public int Count => Volatile.Read(ref _count);

    /// <summary>Gets or sets whether a waiting reader goes on inside <see cref="Signal"/>.</summary>
    public bool ContinueInline
    {
        get => !_reader.RunContinuationsAsynchronously;
        set => _reader.RunContinuationsAsynchronously = !value;
    }

    /// <summary>Takes as many bytes as there is room for; the reader is not told yet.</summary>
    /// <param name="data">The bytes.</param>
    /// <returns>How many were taken.</returns>
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

    /// <summary>Wakes a waiting reader when there is data for it.</summary>
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

    /// <summary>Marks the end of the data; what is queued can still be read.</summary>
    /// <param name="error">Thrown after the last byte; null for an ordinary end.</param>
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

    /// <summary>Throws away what is held and what still comes; a waiting reader is woken.</summary>
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

    /// <summary>Waits until there is something to read or nothing more comes.</summary>
    /// <returns>A task that ends then; only one reader may wait.</returns>
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

    /// <summary>Ends the wait of a reader that gave up; the queue stays as it is.</summary>
    /// <param name="cancellationToken">What the reader's wait throws.</param>
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

    /// <summary>Lends the oldest bytes to the reader, who gives them back with <see cref="Return"/>.</summary>
    /// <param name="data">The bytes; empty at the end and when nothing is there.</param>
    /// <returns>False when nothing is there yet; true with no bytes at the end.</returns>
    /// <exception cref="PortForwardException">The stream ended with an error, and everything before it was read.</exception>
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

    /// <summary>Returns borrowed bytes back.</summary>
    /// <param name="consumed">How many of them were used; the others are lent again.</param>
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
    /// <returns>A task that ends then.</returns>
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
