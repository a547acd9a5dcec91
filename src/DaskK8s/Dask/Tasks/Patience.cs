namespace DaskK8s.Dask.Tasks;

/// <summary>The policy of a call for waiting for tasks that no worker can currently run.</summary>
/// <remarks>
/// The time starts each time that a task becomes stuck. If the user set no limit, tasks without expected workers are
/// reported at once, and the call waits for the others.
/// </remarks>
/// <param name="limit">The user's limit; null for none.</param>
/// <param name="time">The clock.</param>
/// <param name="look">Reads the connected and expected workers; returns null if they are unknown.</param>
internal sealed class Patience(TimeSpan? limit, TimeProvider time, Func<CancellationToken, Task<WorkerOutlook?>> look)
{
    /// <summary>How long to wait for expected workers: enough to add a node and pull a large image.</summary>
    public static readonly TimeSpan OnTheirWay = TimeSpan.FromMinutes(5);

    /// <summary>The time between two checks.</summary>
    public static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(100);

    private static readonly TimeSpan FirstPause = TimeSpan.FromSeconds(0.5);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(5);

    private readonly Dictionary<TaskEntry, (int Episode, long Since)> _stuck = [];
    private TimeSpan _pause = FirstPause;
    private long? _looked;

    /// <summary>Checks the tasks that are currently stuck.</summary>
    /// <param name="tasks">The tasks.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <returns>A task for which the wait must end; null to check again after <see cref="Tick"/>.</returns>
    public async Task<TaskEntry?> CheckAsync(IReadOnlyCollection<TaskEntry> tasks, CancellationToken cancellationToken)
    {
        if (FindOverdue(tasks) is { } overdue)
        {
            return overdue;
        }

        if (limit is not null || tasks.Count == 0 || (_looked is { } last && time.GetElapsedTime(last) < _pause))
        {
            return null;
        }

        WorkerOutlook? outlook = await look(cancellationToken).ConfigureAwait(false);
        bool first = _looked is null;
        _looked = time.GetTimestamp();
        _pause = TimeSpan.FromTicks(Math.Min(LongestPause.Ticks, _pause.Ticks * 3 / 2));
        return outlook is null
            ? first ? tasks.FirstOrDefault(static t => t is { Status: DaskFutureStatus.NoWorker, Survives: false }) : null
            : tasks.FirstOrDefault(t => t is { Status: DaskFutureStatus.NoWorker, Survives: false } && !outlook.MayRun(t));
    }

    private TaskEntry? FindOverdue(IReadOnlyCollection<TaskEntry> tasks)
    {
        long now = time.GetTimestamp();
        foreach (TaskEntry task in tasks)
        {
            if (task.Status != DaskFutureStatus.NoWorker)
            {
                continue;
            }

            int episode = task.Stuck;
            if (!_stuck.TryGetValue(task, out (int Episode, long Since) known) || known.Episode != episode)
            {
                _stuck[task] = known = (episode, now);
                // A task that has just got stuck is a new question.
                _pause = FirstPause;
            }

            if (time.GetElapsedTime(known.Since, now) >= (limit ?? OnTheirWay))
            {
                return task;
            }
        }

        return null;
    }
}
