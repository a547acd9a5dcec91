using DaskK8s.Common;

namespace DaskK8s.Dask.Tasks;

/// <summary>Waits for a set of tasks until all are finished or one cannot finish.</summary>
/// <remarks>A task can change more than once, because a result can be lost with its worker and recomputed.</remarks>
/// <param name="total">The number of tasks.</param>
/// <param name="progress">Receives the counts; must not throw.</param>
internal sealed class TaskLatch(int total, GuardedProgress<DaskProgress>? progress) : ITaskWaiter
{
    private readonly Lock _lock = new();
    private readonly Lock _reportLock = new();
    private readonly HashSet<TaskEntry> _stuck = [];
    private TaskCompletionSource<TaskEntry?> _signal = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private TaskEntry? _lost;
    private int _finished;
    private int _failed;
    private bool _reporting;
    private bool _closed;

    /// <summary>Gets the tasks that no worker can currently run.</summary>
    public IReadOnlyCollection<TaskEntry> Stuck
    {
        get
        {
            lock (_lock)
            {
                return [.. _stuck];
            }
        }
    }

    public void Changed(TaskEntry task, DaskFutureStatus before, DaskFutureStatus after)
    {
        bool report = false;
        lock (_lock)
        {
            Count(task, before, -1);
            Count(task, after, 1);
            Signal();
            if (progress is not null && !_reporting)
            {
                _reporting = report = true;
            }
        }

        if (report)
        {
            // The caller's code runs outside of our locks; what changes until then is one report.
            ThreadPool.UnsafeQueueUserWorkItem(static latch => latch.Report(), this, preferLocal: false);
        }
    }

    /// <summary>Reports the current counts for the last time.</summary>
    public void Close()
    {
        lock (_reportLock)
        {
            Report();
            _closed = true;
        }
    }

    /// <summary>Reports the current counts.</summary>
    private void Report()
    {
        if (progress is null)
        {
            return;
        }

        // One report at a time, so that counts never seem to go back.
        lock (_reportLock)
        {
            if (_closed)
            {
                return;
            }

            DaskProgress now;
            lock (_lock)
            {
                _reporting = false;
                now = new DaskProgress(total, _finished, _failed);
            }

            progress.Report(now);
        }
    }

    /// <summary>Waits for the outcome.</summary>
    /// <param name="cancellationToken">Cancels the wait.</param>
    /// <returns>Null if all are finished; otherwise a task that failed or that no worker can run.</returns>
    public Task<TaskEntry?> WaitAsync(CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            return _signal.Task.WaitAsync(cancellationToken);
        }
    }

    /// <summary>Resets the outcome and determines it again from the current state.</summary>
    public void Rearm()
    {
        lock (_lock)
        {
            _signal = new TaskCompletionSource<TaskEntry?>(TaskCreationOptions.RunContinuationsAsynchronously);
            Signal();
        }
    }

    private void Signal()
    {
        if (_finished == total)
        {
            _signal.TrySetResult(null);
        }
        else if ((_lost ?? _stuck.FirstOrDefault()) is { } trouble)
        {
            _signal.TrySetResult(trouble);
        }
    }

    private void Count(TaskEntry task, DaskFutureStatus status, int change)
    {
        switch (status)
        {
            case DaskFutureStatus.Pending:
                break;
            case DaskFutureStatus.Finished:
                _finished += change;
                break;
            case DaskFutureStatus.NoWorker:
                _ = change > 0 ? _stuck.Add(task) : _stuck.Remove(task);
                break;
            default:
                _failed += change;
                _lost ??= task;
                break;
        }
    }
}
