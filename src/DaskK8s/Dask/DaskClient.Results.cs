using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Threading.Channels;

using DaskK8s.Common;
using DaskK8s.Dask.Rpc;
using DaskK8s.Dask.Tasks;

namespace DaskK8s;

public sealed partial class DaskClient
{
    /// <summary>Waits for all tasks of a set and fetches their results, many with each call.</summary>
    /// <typeparam name="T">The .NET type that the results are read as.</typeparam>
    /// <param name="futures">The futures.</param>
    /// <param name="progress">Is told the counts at each change; null for nobody.</param>
    /// <param name="cancellationToken">Ends the wait; the tasks go on.</param>
    /// <returns>The results, in the order of the futures.</returns>
    /// <exception cref="DaskTaskException">A task failed; the others go on.</exception>
    /// <exception cref="DaskNoWorkerException">No worker that is there can run one of the tasks.</exception>
    /// <exception cref="DaskTaskLostException">A task was cancelled, or the scheduler no longer knows it.</exception>
    /// <exception cref="DaskResultException">A result cannot be given as <typeparamref name="T"/>.</exception>
    public async Task<IReadOnlyList<T>> GatherAsync<T>(
        IEnumerable<DaskFuture<T>> futures, IProgress<DaskProgress>? progress = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(futures);
        ObjectDisposedException.ThrowIf(_disposed, this);
        TaskEntry[] entries = [.. futures.Select(static f => f.Client is not null ? f.Entry : throw Unknown(f))];
        T[] results = new T[entries.Length];
        await MeasureAsync(
            entries.Length,
            async () =>
            {
                await SettleAllAsync(entries, progress, cancellationToken).ConfigureAwait(false);
                await _fetcher.FetchAsync(
                    entries, FinishAsync, (index, data) => results[index] = ResultReader.Read<T>(entries[index].Key, data), cancellationToken)
                    .ConfigureAwait(false);
            }).ConfigureAwait(false);
        return results;
    }

    /// <summary>Gives the futures of a set as their tasks end, whichever ends first.</summary>
    /// <typeparam name="T">The .NET type that the results are read as.</typeparam>
    /// <param name="futures">The futures.</param>
    /// <param name="cancellationToken">Ends the wait; the tasks go on.</param>
    /// <returns>
    /// Each future once: finished, failed, cancelled, lost; or <see cref="DaskFutureStatus.NoWorker"/> where no worker can run it.
    /// Its <see cref="DaskFuture{T}.ResultAsync"/> gives the result or throws.
    /// </returns>
    public async IAsyncEnumerable<DaskFuture<T>> AsCompletedAsync<T>(
        IEnumerable<DaskFuture<T>> futures, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(futures);
        ILookup<TaskEntry, DaskFuture<T>> byEntry = futures.ToLookup(f => f.Entry);
        CompletionQueue queue = new();
        foreach (IGrouping<TaskEntry, DaskFuture<T>> group in byEntry)
        {
            group.Key.Add(queue);
        }

        try
        {
            for (int left = byEntry.Count; left > 0; left--)
            {
                TaskEntry entry = await queue.NextAsync(cancellationToken).ConfigureAwait(false);
                foreach (DaskFuture<T> future in byEntry[entry])
                {
                    yield return future;
                }
            }
        }
        finally
        {
            foreach (IGrouping<TaskEntry, DaskFuture<T>> group in byEntry)
            {
                group.Key.Remove(queue);
            }
        }
    }

    internal async Task<T> ResultAsync<T>(TaskEntry entry, TimeSpan? timeout, CancellationToken cancellationToken)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        T result = default!;
        await MeasureAsync(1, async () => result = await FetchOneAsync<T>(entry, timeout, cancellationToken).ConfigureAwait(false)).ConfigureAwait(false);
        return result;
    }

    private static ArgumentException Unknown(DaskFuture future) => new(
        $"The future '{future.Key}' was made by {nameof(DaskFuture.FromResult)} or {nameof(DaskFuture.FromException)}: no cluster knows it. Ask the future itself for its result.");

    /// <summary>Waits for results within an activity, and measures how long that takes.</summary>
    private async Task MeasureAsync(int tasks, Func<Task> gather)
    {
        using Activity? activity = Telemetry.BeginWork(Telemetry.GatherActivity, Address)?.SetTag("tasks", tasks);
        long start = _time.GetTimestamp();
        try
        {
            await gather().ConfigureAwait(false);
            Telemetry.GatherDuration.Record(_time.GetElapsedTime(start).TotalSeconds);
        }
        catch (Exception e)
        {
            activity.Fail(e);
            Telemetry.GatherDuration.Record(_time.GetElapsedTime(start).TotalSeconds, new KeyValuePair<string, object?>("error", e.GetType().Name));
            throw;
        }
    }

    private async Task<T> FetchOneAsync<T>(TaskEntry entry, TimeSpan? timeout, CancellationToken cancellationToken)
    {
        using TimeLimit limit = new(timeout ?? Timeout.InfiniteTimeSpan, _time, cancellationToken);
        try
        {
            await FinishAsync(entry, limit.Token).ConfigureAwait(false);
            T result = default!;
            await _fetcher.FetchAsync([entry], FinishAsync, (_, data) => result = ResultReader.Read<T>(entry.Key, data), limit.Token)
                .ConfigureAwait(false);
            return result;
        }
        catch (OperationCanceledException) when (limit.Passed)
        {
            throw new TimeoutException(
                $"Task '{entry.Key}' has no result after {timeout!.Value.TotalSeconds:0.###} s; its status is {entry.Status}. It goes on: wait again, or cancel it.");
        }
    }

    internal async Task<DaskFutureStatus> SettleAsync(TaskEntry entry, CancellationToken cancellationToken)
    {
        TaskLatch latch = new(1, null);
        entry.Add(latch);
        try
        {
            TaskEntry? stuck = await latch.WaitAsync(cancellationToken).ConfigureAwait(false);
            if (stuck is not null && _options.NoWorkerTimeout > TimeSpan.Zero && entry.Status == DaskFutureStatus.NoWorker)
            {
                await GraceAsync(latch, cancellationToken).ConfigureAwait(false);
            }

            return entry.Status;
        }
        finally
        {
            entry.Remove(latch);
        }
    }

    /// <summary>Waits until a task has its result; throws where it will have none.</summary>
    private async Task FinishAsync(TaskEntry entry, CancellationToken cancellationToken)
    {
        while (entry.Status != DaskFutureStatus.Finished)
        {
            DaskFutureStatus status = await SettleAsync(entry, cancellationToken).ConfigureAwait(false);
            if (status is not (DaskFutureStatus.Finished or DaskFutureStatus.Pending))
            {
                await ThrowAsync(entry, cancellationToken).ConfigureAwait(false);
            }
        }
    }

    private async Task SettleAllAsync(TaskEntry[] entries, IProgress<DaskProgress>? progress, CancellationToken cancellationToken)
    {
        if (entries.Length == 0)
        {
            return;
        }

        TaskLatch latch = new(entries.Length, progress);
        foreach (TaskEntry entry in entries)
        {
            entry.Add(latch);
        }

        try
        {
            while (await latch.WaitAsync(cancellationToken).ConfigureAwait(false) is { } trouble)
            {
                if (trouble.Status == DaskFutureStatus.NoWorker && _options.NoWorkerTimeout > TimeSpan.Zero
                    && await GraceAsync(latch, cancellationToken).ConfigureAwait(false) is null)
                {
                    return;
                }

                await ThrowAsync(trouble, cancellationToken).ConfigureAwait(false);
                latch.Rearm();
            }
        }
        finally
        {
            foreach (TaskEntry entry in entries)
            {
                entry.Remove(latch);
            }

            latch.Report();
        }
    }

    /// <summary>Gives workers that are on their way the time that the options allow them.</summary>
    /// <returns>Null if all is finished; else a task that is in trouble still.</returns>
    private async Task<TaskEntry?> GraceAsync(TaskLatch latch, CancellationToken cancellationToken)
    {
        long since = _time.GetTimestamp();
        TaskEntry? trouble;
        do
        {
            await Task.Delay(TimeSpan.FromMilliseconds(100), _time, cancellationToken).ConfigureAwait(false);
            latch.Rearm();
            trouble = latch.Trouble;
        }
        while (trouble is { Status: DaskFutureStatus.NoWorker } && _time.GetElapsedTime(since) < _options.NoWorkerTimeout);

        return trouble is { Status: DaskFutureStatus.NoWorker } ? trouble : await latch.WaitAsync(cancellationToken).ConfigureAwait(false);
    }

    private async Task ThrowAsync(TaskEntry entry, CancellationToken cancellationToken)
    {
        switch (entry.Status)
        {
            case DaskFutureStatus.Failed:
                throw Failure(entry.Key, (PythonError)entry.Cause!);
            case DaskFutureStatus.NoWorker:
                string needs = Describe(entry.Options);
                throw new DaskNoWorkerException(
                    entry.Key,
                    $"No worker can run task '{entry.Key}'{needs}. {await OffersAsync(cancellationToken).ConfigureAwait(false)} " +
                    "It stays submitted and runs when a worker that fits is there: scale a group that fits and ask again, or cancel it.",
                    entry.Options.Resources ?? WorkerInfo.NoResources);
            case DaskFutureStatus.Cancelled or DaskFutureStatus.Lost:
                throw entry.Cause is SchedulerUnreachableException { IsGone: true } gone
                    ? new SchedulerUnreachableException(Address, $"Task '{entry.Key}' was given up. {gone.Message}", gone) { IsGone = true }
                    : entry.Cause is DaskK8sException cause
                    ? new SchedulerUnreachableException(
                        Address, $"Task '{entry.Key}' was given up, as the scheduler at {Address} could not be reached for {_options.ReattachWithin.TotalMinutes:0.#} minutes.", cause)
                    : new DaskTaskLostException(entry.Key, entry.Status, entry.Cause as string ?? "no reason is known");
            default:
                return;
        }
    }

    private static DaskTaskException Failure(string key, PythonError error)
    {
        string message = error.Type == "KilledWorker"
            ? $"Task '{key}' was given up, as the workers that ran it died: {error.Message}. They may have run out of memory; their pods' previous logs tell."
            : $"Task '{key}' failed with {error.Type}: {error.Message}";
        return new DaskTaskException(key, message, error.Type, error.Message, error.Traceback);
    }

    /// <summary>Says what a task asks of a worker.</summary>
    private static string Describe(TaskOptions options)
    {
        List<string> needs = [];
        if (options.Resources is { Count: > 0 } resources)
        {
            needs.Add(string.Join(", ", resources.Select(r => $"{r.Key}={r.Value}")));
        }

        if (options.WorkerGroup is { } group)
        {
            needs.Add($"a worker of the group '{group}'");
        }
        else if (options.Workers is { } workers)
        {
            needs.Add($"one of the workers {string.Join(", ", workers)}");
        }

        return needs.Count == 0 ? string.Empty : $": it needs {string.Join(" on ", needs)}";
    }

    /// <summary>Says what the workers offer, by group.</summary>
    private async Task<string> OffersAsync(CancellationToken cancellationToken)
    {
        try
        {
            SchedulerInfo info = await _rpc.IdentityAsync(cancellationToken).ConfigureAwait(false);
            Dictionary<string, string> groups = [];
            HashSet<string> named = [];
            IReadOnlyDictionary<string, IReadOnlyList<string>> known = _groups is null
                ? new Dictionary<string, IReadOnlyList<string>>()
                : await _groups(cancellationToken).ConfigureAwait(false);
            foreach ((string name, IReadOnlyList<string> addresses) in known)
            {
                WorkerInfo[] members = [.. info.Workers.Where(w => addresses.Contains(w.Address))];
                groups[name] = Offer(members);
                named.UnionWith(members.Select(w => w.Address));
            }

            WorkerInfo[] others = [.. info.Workers.Where(w => !named.Contains(w.Address))];
            if (others.Length > 0 || groups.Count == 0)
            {
                groups[groups.Count == 0 ? "the cluster" : "outside of groups"] = Offer(others);
            }

            return "There is: " + string.Join("; ", groups.Select(g => $"{g.Key} ({g.Value})")) + ".";
        }
        catch (DaskK8sException e)
        {
            return $"What the workers offer could not be asked for: {e.Message}";
        }
    }

    private static string Offer(WorkerInfo[] workers)
    {
        if (workers.Length == 0)
        {
            return "no workers";
        }

        string[] offers = [.. workers
            .GroupBy(w => w.Resources.Count == 0 ? "no resources" : string.Join(", ", w.Resources.OrderBy(r => r.Key, StringComparer.Ordinal).Select(r => $"{r.Key}={r.Value}")))
            .Select(g => $"{g.Count()} with {g.Key}")];
        return $"{workers.Length} {(workers.Length == 1 ? "worker" : "workers")}: {string.Join(", ", offers)}";
    }

    private sealed class CompletionQueue : ITaskWaiter
    {
        private readonly Channel<TaskEntry> _channel = Channel.CreateUnbounded<TaskEntry>();
        private readonly HashSet<TaskEntry> _given = [];

        public void Changed(TaskEntry task, DaskFutureStatus before, DaskFutureStatus after)
        {
            if (after != DaskFutureStatus.Pending)
            {
                lock (_given)
                {
                    if (!_given.Add(task))
                    {
                        return;
                    }
                }

                _channel.Writer.TryWrite(task);
            }
        }

        public ValueTask<TaskEntry> NextAsync(CancellationToken cancellationToken) => _channel.Reader.ReadAsync(cancellationToken);
    }
}
