namespace DaskK8s.Dask.Tasks;

/// <summary>The patience of one call with tasks that no worker can run now.</summary>
/// <remarks>
/// A limit counts from the moment that a task gets stuck, each time it does. Without a limit that the user set, hopeless tasks are
/// told at once, and those whose workers are on their way are waited for.
/// </remarks>
/// <param name="limit">The user's limit; null for none.</param>
/// <param name="time">The clock.</param>
/// <param name="look">Reads the workers that are there and those on their way; null where that cannot be told.</param>
internal sealed class Patience(TimeSpan? limit, TimeProvider time, Func<CancellationToken, Task<WorkerOutlook?>> look)
{
    /// <summary>How long workers on their way are waited for: enough for a node to be added and a large image to be pulled.</summary>
    public static readonly TimeSpan OnTheirWay = TimeSpan.FromMinutes(5);

    /// <summary>The time between two checks.</summary>
    public static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(100);

    private static readonly TimeSpan FirstPause = TimeSpan.FromSeconds(0.5);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(5);

    private readonly Dictionary<TaskEntry, (int Episode, long Since)> _stuck = [];
    private TimeSpan _pause = FirstPause;
    private long? _looked;

    /// <summary>Checks the tasks that are stuck now.</summary>
    /// <param name="tasks">The tasks.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    /// <returns>A task that is not to be waited for any longer; null to check again after <see cref="Tick"/>.</returns>
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
