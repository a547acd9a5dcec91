using System.Runtime.CompilerServices;
using System.Runtime.ExceptionServices;

namespace DaskK8s.Logs;

/// <summary>Merges the lines of many pods by time, preserving each pod's order, with a bounded number of waiting lines.</summary>
/// <remarks>
/// A line is returned when every other source has a later line waiting. A silent source can delay the others for
/// at most <paramref name="window"/> (null: without limit, because a source that does not follow ends). After that, lines are returned although an
/// older one can still arrive.
/// </remarks>
internal sealed class LogsMerger(TimeProvider timeProvider, TimeSpan? window, TimeSpan openingLimit)
{
    /// <summary>The maximum number of waiting lines of one pod; reading pauses until they are consumed.</summary>
    private const int WaitingLines = 64;

    private readonly Lock _lock = new();
    private readonly PriorityQueue<Source, (DateTimeOffset Key, bool IsHead, long Order)> _heads = new();
    private readonly HashSet<Source> _opening = [];
    private TaskCompletionSource _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _silent;
    private long _order;
    private bool _closed;
    private bool _failed;
    private Exception? _error;

    /// <summary>Adds a source; it delays the others until it has a line, is opened, or the time limit for opening has elapsed.</summary>
    public Source Add()
    {
        lock (_lock)
        {
            Source source = new(this, timeProvider.GetTimestamp());
            _opening.Add(source);
            _silent++;
            return source;
        }
    }

    /// <summary>Marks the list of sources as complete; an error is thrown after the lines that have arrived.</summary>
    public void Close(Exception? error = null)
    {
        lock (_lock)
        {
            _closed = true;
            _error ??= error;
        }

        Signal();
    }

    /// <summary>Throws an error at the next line, even if lines are waiting.</summary>
    public void Fail(Exception error)
    {
        lock (_lock)
        {
            _failed = true;
            _error ??= error;
        }

        Signal();
    }

    public async IAsyncEnumerable<PodLogLine> ReadAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        while (true)
        {
            Task changed;
            lock (_lock)
            {
                changed = _changed.Task;
                if (_failed)
                {
                    ExceptionDispatchInfo.Throw(_error!);
                }
            }

            (PodLogLine? line, TimeSpan? wait) = Take();
            if (line is not null)
            {
                yield return line;
                continue;
            }

            if (wait is null && IsOver())
            {
                yield break;
            }

            try
            {
                await changed.WaitAsync(wait ?? Timeout.InfiniteTimeSpan, timeProvider, cancellationToken).ConfigureAwait(false);
            }
            catch (TimeoutException)
            {
                // The window is over.
            }
        }
    }

    private bool IsOver()
    {
        lock (_lock)
        {
            if (!_closed || _silent > 0 || _heads.Count > 0)
            {
                return false;
            }

            if (_error is not null)
            {
                ExceptionDispatchInfo.Throw(_error);
            }

            return true;
        }
    }

    private void Signal()
    {
        TaskCompletionSource signal;
        lock (_lock)
        {
            signal = _changed;
            _changed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        }

        signal.TrySetResult();
    }

    /// <summary>Returns the next line, or how long to wait for one (null: until something changes).</summary>
    private (PodLogLine? Line, TimeSpan? Wait) Take()
    {
        lock (_lock)
        {
            if (!_heads.TryPeek(out Source? source, out _))
            {
                return (null, null);
            }

            if (_silent > 0)
            {
                if (window is not { } longest)
                {
                    return (null, null);
                }

                TimeSpan wait = longest - timeProvider.GetElapsedTime(source.Lines.Peek().Arrived);
                foreach (Source opening in _opening)
                {
                    TimeSpan left = openingLimit - timeProvider.GetElapsedTime(opening.Added);
                    wait = left > wait ? left : wait;
                }

                if (wait > TimeSpan.Zero)
                {
                    return (null, wait);
                }
            }

            _heads.Dequeue();
            PodLogLine line = source.Lines.Dequeue().Line;
            source.Slots.Release();
            if (source.Lines.Count > 0)
            {
                PutHead(source);
            }
            else if (!source.Ended)
            {
                _silent++;
            }

            return (line, null);
        }
    }

    /// <summary>Queues a source by the time of its next line; a continuation line follows directly.</summary>
    private void PutHead(Source source)
    {
        (DateTimeOffset key, PodLogLine line, _) = source.Lines.Peek();
        _heads.Enqueue(source, (key, !line.IsContinuation, _order++));
    }

    private void Opened(Source source)
    {
        lock (_lock)
        {
            if (!_opening.Remove(source))
            {
                return;
            }
        }

        Signal();
    }

    private void Push(Source source, PodLogLine line)
    {
        lock (_lock)
        {
            _opening.Remove(source);
            source.Last = line.IsContinuation || line.Time < source.Last ? source.Last : line.Time;
            source.Lines.Enqueue((source.Last, line, timeProvider.GetTimestamp()));
            if (source.Lines.Count > 1)
            {
                return;
            }

            _silent--;
            PutHead(source);
        }

        Signal();
    }

    private void End(Source source)
    {
        lock (_lock)
        {
            _opening.Remove(source);
            if (source.Ended)
            {
                return;
            }

            source.Ended = true;
            if (source.Lines.Count == 0)
            {
                _silent--;
            }
        }

        Signal();
    }

    /// <summary>The input for one pod's lines.</summary>
    internal sealed class Source(LogsMerger merger, long added) : IDisposable
    {
        internal long Added { get; } = added;

        internal SemaphoreSlim Slots { get; } = new(WaitingLines);

        internal Queue<(DateTimeOffset Key, PodLogLine Line, long Arrived)> Lines { get; } = new();

        internal DateTimeOffset Last { get; set; }

        internal bool Ended { get; set; }

        /// <summary>Marks the log as open, so that silence means that there is nothing to read.</summary>
        public void Opened() => merger.Opened(this);

        /// <summary>Adds a line; waits while too many lines are waiting.</summary>
        public async Task PushAsync(PodLogLine line, CancellationToken cancellationToken)
        {
            await Slots.WaitAsync(cancellationToken).ConfigureAwait(false);
            merger.Push(this, line);
        }

        public void Dispose() => merger.End(this);
    }
}
