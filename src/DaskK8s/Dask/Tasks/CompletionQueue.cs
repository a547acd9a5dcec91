using System.Threading.Channels;

using DaskK8s.Common;

namespace DaskK8s.Dask.Tasks;

/// <summary>Returns each task once, as it ends; tasks that no worker can run are returned when their waiting time expires.</summary>
internal sealed class CompletionQueue(Patience patience, TimeProvider time) : ITaskWaiter
{
    private readonly Channel<TaskEntry?> _channel = Channel.CreateUnbounded<TaskEntry?>();
    private readonly HashSet<TaskEntry> _given = [];
    private readonly HashSet<TaskEntry> _stuck = [];

    public void Changed(TaskEntry task, DaskFutureStatus before, DaskFutureStatus after)
    {
        lock (_given)
        {
            if (after == DaskFutureStatus.NoWorker)
            {
                _stuck.Add(task);
                // Nothing to give yet, but something to look at.
                _channel.Writer.TryWrite(null);
                return;
            }

            _stuck.Remove(task);
            if (after != DaskFutureStatus.Pending && _given.Add(task))
            {
                _channel.Writer.TryWrite(task);
            }
        }
    }

    /// <summary>Waits for the next task.</summary>
    public async Task<TaskEntry> NextAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            TaskEntry[] stuck;
            lock (_given)
            {
                stuck = [.. _stuck.Except(_given)];
            }

            if (stuck.Length > 0 && await patience.CheckAsync(stuck, cancellationToken).ConfigureAwait(false) is { } overdue && Give(overdue))
            {
                return overdue;
            }

            using TimeLimit tick = new(stuck.Length > 0 ? Patience.Tick : Timeout.InfiniteTimeSpan, time, cancellationToken);
            try
            {
                if (await _channel.Reader.ReadAsync(tick.Token).ConfigureAwait(false) is { } next)
                {
                    return next;
                }
            }
            catch (OperationCanceledException) when (tick.Passed)
            {
                // Time for another look at those that are stuck.
            }
        }
    }

    private bool Give(TaskEntry task)
    {
        lock (_given)
        {
            return _given.Add(task);
        }
    }
}
