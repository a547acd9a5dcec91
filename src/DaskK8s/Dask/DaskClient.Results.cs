using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

using DaskK8s.Common;
using DaskK8s.Dask.Data;
using DaskK8s.Dask.Rpc;
using DaskK8s.Dask.Tasks;
using DaskK8s.Dask.Protocol;

namespace DaskK8s;

public sealed partial class DaskClient
{
    /// <summary>Waits for all tasks of a set and fetches their results, many per call.</summary>
    /// <typeparam name="T">The .NET type that the results are read as.</typeparam>
    /// <param name="futures">The futures.</param>
    /// <param name="progress">Receives the counts after each change; null to ignore them.</param>
    /// <param name="cancellationToken">Cancels the wait; the tasks continue.</param>
    /// <returns>The results, in the order of the futures.</returns>
    /// <exception cref="DaskTaskException">A task failed; the others continue.</exception>
    /// <exception cref="DaskNoWorkerException">No connected or expected worker can run one of the tasks.</exception>
    /// <exception cref="DaskTaskLostException">A task was cancelled, or the scheduler no longer knows it.</exception>
    /// <exception cref="DaskResultException">A result cannot be converted to <typeparamref name="T"/>.</exception>
    public Task<IReadOnlyList<T>> GatherAsync<T>(
        IEnumerable<DaskFuture<T>> futures, IProgress<DaskProgress>? progress = null, CancellationToken cancellationToken = default) =>
        GatherAsync(futures, _json, progress, cancellationToken);

    /// <summary>Waits for all tasks of a set and fetches their results, using source-generated code instead of reflection.</summary>
    /// <typeparam name="T">The .NET type that the results are read as.</typeparam>
    /// <param name="futures">The futures.</param>
    /// <param name="resultType">The JSON metadata for reading a result, including the options of its context.</param>
    /// <param name="progress">Receives the counts after each change; null to ignore them.</param>
    /// <param name="cancellationToken">Cancels the wait; the tasks continue.</param>
    /// <returns>The results, in the order of the futures.</returns>
    /// <exception cref="DaskTaskException">A task failed; the others continue.</exception>
    /// <exception cref="DaskNoWorkerException">No connected or expected worker can run one of the tasks.</exception>
    /// <exception cref="DaskTaskLostException">A task was cancelled, or the scheduler no longer knows it.</exception>
    /// <exception cref="DaskResultException">A result cannot be converted to <typeparamref name="T"/>.</exception>
    public Task<IReadOnlyList<T>> GatherAsync<T>(
        IEnumerable<DaskFuture<T>> futures,
        JsonTypeInfo<T> resultType,
        IProgress<DaskProgress>? progress = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(resultType);
        return GatherAsync(futures, PythonJson.For(resultType.Options), progress, cancellationToken);
    }

    private async Task<IReadOnlyList<T>> GatherAsync<T>(
        IEnumerable<DaskFuture<T>> futures, JsonSerializerOptions options, IProgress<DaskProgress>? progress, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(futures);
        _life.ThrowIfEnded();
        TaskEntry[] entries = [.. futures.Select(static f => f.Client is not null ? f.Entry : throw Unknown(f))];
        return await GuardedProgress<DaskProgress>.RunAsync(
            progress,
            (guarded, ended) => MeasureAsync(
                entries.Length,
                () => _life.RunAsync(
                    async token =>
                    {
                        await SettleAllAsync(entries, guarded, token).ConfigureAwait(false);
                        guarded?.ThrowIfFailed();
                        return await FetchAllAsync<T>(entries, options, token).ConfigureAwait(false);
                    },
                    ended)),
            cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Returns the futures of a set in the order in which their tasks end.</summary>
    /// <typeparam name="T">The .NET type that the results are read as.</typeparam>
    /// <param name="futures">The futures.</param>
    /// <param name="cancellationToken">Cancels the wait; the tasks continue.</param>
    /// <returns>
    /// Each future once: finished, failed, cancelled or lost, or <see cref="DaskFutureStatus.NoWorker"/> if no worker can run its task.
    /// Its <see cref="DaskFuture{T}.ResultAsync(TimeSpan?, CancellationToken)"/> returns the result or throws.
    /// </returns>
    public async IAsyncEnumerable<DaskFuture<T>> AsCompletedAsync<T>(
        IEnumerable<DaskFuture<T>> futures, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(futures);
        _life.ThrowIfEnded();
        ILookup<TaskEntry, DaskFuture<T>> byEntry = futures.ToLookup(static f => f.Client is not null ? f.Entry : throw Unknown(f));
        CompletionQueue queue = new(NewPatience(), _time);
        foreach (IGrouping<TaskEntry, DaskFuture<T>> group in byEntry)
        {
            group.Key.Add(queue);
        }

        try
        {
            for (int left = byEntry.Count; left > 0; left--)
            {
                TaskEntry entry = await _life.RunAsync(queue.NextAsync, cancellationToken).ConfigureAwait(false);
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

    internal Task<T> ResultAsync<T>(
        TaskEntry entry, TimeSpan? timeout, CancellationToken cancellationToken, JsonSerializerOptions? options = null)
    {
        _life.ThrowIfEnded();
        return MeasureAsync(1, () => FetchOneAsync<T>(entry, timeout, options ?? _json, cancellationToken));
    }

    private static ArgumentException Unknown(DaskFuture future) => new(
        $"The future '{future.Key}' was made by {nameof(DaskFuture.FromResult)} or {nameof(DaskFuture.FromException)}: it belongs to no cluster. Get the result from the future itself.");

    /// <summary>Waits for results within an activity, and measures the duration.</summary>
    private async Task<T> MeasureAsync<T>(int tasks, Func<Task<T>> gather)
    {
        using Activity? activity = Telemetry.BeginWork(Telemetry.GatherActivity, Address)?.SetTag("tasks", tasks);
        long start = _time.GetTimestamp();
        try
        {
            T results = await gather().ConfigureAwait(false);
            Telemetry.GatherDuration.Record(_time.GetElapsedTime(start).TotalSeconds);
            return results;
        }
        catch (Exception e)
        {
            activity.Fail(e);
            Telemetry.GatherDuration.Record(_time.GetElapsedTime(start).TotalSeconds, new KeyValuePair<string, object?>("error", e.GetType().Name));
            throw;
        }
    }

    private async Task<T> FetchOneAsync<T>(TaskEntry entry, TimeSpan? timeout, JsonSerializerOptions options, CancellationToken cancellationToken, IProgress<DaskTransferProgress>? progress = null)
    {
        using TimeLimit limit = new(timeout ?? Timeout.InfiniteTimeSpan, _time, cancellationToken);
        try
        {
            return await _life.RunAsync(
                async token =>
                {
                    await FinishAsync(entry, token).ConfigureAwait(false);
                    return (await FetchAllAsync<T>([entry], options, token, progress).ConfigureAwait(false))[0];
                },
                limit.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (!limit.Passed)
            {
                throw;
            }

            throw new TimeoutException(
                $"Task '{entry.Key}' has no result after {timeout!.Value.TotalSeconds:0.###} s; its status is {entry.Status}. It was not cancelled: wait again, or cancel it.");
        }
    }

    internal Task<DaskFutureStatus> WaitAsync(TaskEntry entry, CancellationToken cancellationToken) =>
        _life.RunAsync(token => SettleAsync(entry, token), cancellationToken);

    private async Task<T[]> FetchAllAsync<T>(
        TaskEntry[] entries, JsonSerializerOptions options, CancellationToken cancellationToken, IProgress<DaskTransferProgress>? progress = null)
    {
        T[] results = new T[entries.Length];
        ResultRequest request = ResultRequest.For(typeof(T), _options.Formats);
        List<(int Index, ResultOffer Offer)> offers = [];
        await _fetcher.FetchAsync(
            entries,
            request,
            FinishAsync,
            (index, data, budget) => results[index] = ResultReader.Read<T>(entries[index].Key, data, budget, options),
            (index, offer) => offers.Add((index, offer)),
            cancellationToken).ConfigureAwait(false);
        foreach ((int index, ResultOffer offer) in offers)
        {
            results[index] = await ReceiveAsync<T>(entries[index], request, offer, progress, cancellationToken).ConfigureAwait(false);
        }

        if (!ResultRequest.IsStream(typeof(T)))
        {
            Session.Spend(entries);
        }

        return results;
    }

    private async Task<DaskFutureStatus> SettleAsync(TaskEntry entry, CancellationToken cancellationToken)
    {
        TaskLatch latch = new(1, null);
        entry.Add(latch);
        try
        {
            await WaitPatientlyAsync(latch, NewPatience(), cancellationToken).ConfigureAwait(false);
            // Closing the client ends what its tasks are waited for, but not the tasks themselves.
            _life.ThrowIfEnded();
            return entry.Status;
        }
        finally
        {
            entry.Remove(latch);
        }
    }

    /// <summary>Waits until a task has its result; throws if it cannot have one.</summary>
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

    private async Task SettleAllAsync(TaskEntry[] entries, GuardedProgress<DaskProgress>? progress, CancellationToken cancellationToken)
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
            Patience patience = NewPatience();
            while (await WaitPatientlyAsync(latch, patience, cancellationToken).ConfigureAwait(false) is { } trouble)
            {
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

            latch.Close();
        }
    }

    private Patience NewPatience() => new(_options.NoWorkerTimeout, _time, LookAsync);

    /// <summary>Waits for a set of tasks; allows expected workers the time that the options set.</summary>
    /// <returns>Null if all tasks are finished; otherwise a task that failed or cannot run.</returns>
    private async Task<TaskEntry?> WaitPatientlyAsync(TaskLatch latch, Patience patience, CancellationToken cancellationToken)
    {
        while (true)
        {
            TaskEntry? trouble = await latch.WaitAsync(cancellationToken).ConfigureAwait(false);
            if (trouble is null or { Final: true })
            {
                return trouble;
            }

            if (await patience.CheckAsync(latch.Stuck, cancellationToken).ConfigureAwait(false) is { } overdue)
            {
                return overdue;
            }

            await Task.Delay(Patience.Tick, _time, cancellationToken).ConfigureAwait(false);
            latch.Rearm();
        }
    }

    /// <summary>Reads the connected and expected workers.</summary>
    private async Task<WorkerOutlook?> LookAsync(CancellationToken cancellationToken)
    {
        try
        {
            SchedulerInfo info = await _rpc.IdentityAsync(cancellationToken).ConfigureAwait(false);
            IReadOnlyList<GroupWorkers> groups = _groups is null ? [] : await _groups(true, cancellationToken).ConfigureAwait(false);
            return new WorkerOutlook(info.Workers, groups, Session.Tasks.Find);
        }
        catch (DaskK8sException)
        {
            // Whoever gives up says so himself.
            return null;
        }
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
                    "It stays submitted and runs as soon as a suitable worker connects: scale a suitable group and wait again, or cancel it.",
                    entry.Options.Resources ?? WorkerInfo.NoResources);
            case DaskFutureStatus.Cancelled or DaskFutureStatus.Lost:
                throw entry.Cause is SchedulerUnreachableException { IsGone: true } gone
                    ? new SchedulerUnreachableException(Address, $"Task '{entry.Key}' was given up. {gone.Message}", gone) { IsGone = true }
                    : entry.Cause is Exception cause
                    ? new SchedulerUnreachableException(
                        Address, $"Task '{entry.Key}' was given up because the scheduler at {Address} could not be reached for {_options.ReattachWithin.TotalMinutes:0.#} minutes.", cause)
                    : new DaskTaskLostException(entry.Key, entry.Status, entry.Cause as string ?? "no reason is known");
            default:
                return;
        }
    }

    private static DaskTaskException Failure(string key, PythonError error)
    {
        string message = error.Type == "KilledWorker"
            ? $"Task '{key}' was given up because the workers that ran it died: {error.Message}. They may have run out of memory; check the previous logs of their pods."
            : $"Task '{key}' failed with {error.Type}: {error.Message}";
        return new DaskTaskException(key, message, error.Type, error.Message, error.Traceback);
    }

    /// <summary>Returns the requirements of a task on its worker.</summary>
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

    /// <summary>Returns the resources that the workers offer, by group.</summary>
    private async Task<string> OffersAsync(CancellationToken cancellationToken)
    {
        try
        {
            SchedulerInfo info = await _rpc.IdentityAsync(cancellationToken).ConfigureAwait(false);
            Dictionary<string, string> groups = [];
            HashSet<string> named = [];
            foreach (GroupWorkers group in _groups is null ? [] : await _groups(false, cancellationToken).ConfigureAwait(false))
            {
                WorkerInfo[] members = [.. info.Workers.Where(w => group.Addresses.Contains(w.Address))];
                groups[group.Name] = Offer(members) + (group.Coming ? ", more on their way" : string.Empty);
                named.UnionWith(members.Select(w => w.Address));
            }

            WorkerInfo[] others = [.. info.Workers.Where(w => !named.Contains(w.Address))];
            if (others.Length > 0 || groups.Count == 0)
            {
                groups[groups.Count == 0 ? "the cluster" : "outside of groups"] = Offer(others);
            }

            return "There is: " + string.Join("; ", groups.Select(g => $"{g.Key} ({g.Value})")) + ".";
        }
        catch (DaskK8sException e) when (e is not SchedulerUnreachableException { IsGone: true })
        {
            return $"The resources of the workers could not be read: {e.Message}";
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
}
