using DaskK8s.Common;
using DaskK8s.Dask.Protocol;
using DaskK8s.Dask.Rpc;

namespace DaskK8s.Dask.Tasks;

/// <summary>The part of the session that handles work whose scheduler is lost.</summary>
internal sealed partial class TaskSession
{
    private HeldBack? _heldBack;

    /// <summary>Gets or sets the function that finds the workers of a group.</summary>
    public Func<TaskOptions, CancellationToken, ValueTask<IReadOnlyList<string>?>> Place { get; set; } =
        static (options, _) => ValueTask.FromResult(options.Workers);

    /// <summary>Records that results were fetched.</summary>
    public void Spend(IReadOnlyCollection<TaskEntry> entries)
    {
        lock (_order)
        {
            foreach (TaskEntry entry in entries)
            {
                _resubmission.Spend(entry);
            }
        }
    }

    /// <summary>
    /// Resubmits the tasks that were sent to the scheduler, if requested and possible, and marks the others as lost; queued tasks are sent to the next scheduler.
    /// </summary>
    /// <remarks>Called while there is no connection; these submissions are sent first on the next connection.</remarks>
    /// <param name="cause">The reason for the loss: a string if there is a new scheduler, otherwise an exception.</param>
    private void Rescue(object cause)
    {
        lock (_order)
        {
            TaskBatch[] given = _sent.TakeAll();
            TaskEntry[] open = [.. Tasks.Snapshot().Where(static e => !e.Final)];
            TaskEntry[] queued = [.. open.Where(e => e.Sequence > _sent.Last)];
            TaskEntry[] lost = [.. open.Where(e => e.Sequence <= _sent.Last)];
            HashSet<TaskEntry> unsent = [.. given.Where(static b => !b.Sent).SelectMany(static b => b.Tasks).Select(static t => t.Entry)];
            IEnumerable<TaskEntry> wanted = lost.Where(static e => !e.Gathered).Concat(queued).Concat(queued.SelectMany(e => e.Needs).Select(Tasks.Find).OfType<TaskEntry>());
            IReadOnlyList<TaskEntry> again = cause is string ? _resubmission.Choose(wanted, e => e.Sequence <= _sent.Last, unsent) : [];
            foreach (TaskEntry entry in again)
            {
                entry.Attempts += unsent.Contains(entry) ? 0 : 1;
                entry.Survives = true;
                entry.Set(DaskFutureStatus.Pending);
            }

            HashSet<TaskEntry> chosen = [.. again];
            int dropped = 0;
            foreach (TaskEntry entry in lost.Where(e => !chosen.Contains(e)))
            {
                dropped++;
                _resubmission.Drop(entry, entry.Gathered ? "its result was fetched before, and is not computed again" : "it is lost");
                entry.Set(DaskFutureStatus.Lost, cause is string text && entry.Hindrance is { } hindrance ? $"{text}; {hindrance.Tell(entry.Key)}" : cause);
            }

            Array.ForEach(queued, static e => e.Survives = true);
            if (again.Count > 0)
            {
                _logger.WorkResubmitted(_rpc.Address, again.Count, dropped);
                Telemetry.TasksResubmitted.Add(again.Count, new KeyValuePair<string, object?>("scheduler", _rpc.Address));
            }

            ILookup<bool, TaskBatch> shares = given.ToLookup(b => cause is string && b.Held is not null && b.Tasks.All(static t => !t.Entry.Final));
            SubmitAgain(again, shares[true]);
            foreach (TaskBatch over in shares[false])
            {
                over.Confirmed.TrySetResult();
            }
        }
    }

    /// <summary>Submits tasks before all queued ones, except tasks whose groups' workers must be looked up first, and tasks that need them.</summary>
    private void SubmitAgain(IReadOnlyList<TaskEntry> again, IEnumerable<TaskBatch> shares)
    {
        HeldBack held = new();
        foreach (TaskBatch next in Resubmission.Batch(again).Concat(shares))
        {
            if (held.Takes(new Outgoing(next, null)))
            {
                foreach (TaskSpecification task in next.Tasks)
                {
                    task.Entry.Sequence = long.MaxValue;
                }
            }
            else
            {
                _sent.Number(next);
            }
        }

        while (_heldBack?.Messages.TryDequeue(out Outgoing older) == true)
        {
            held.Takes(older);
        }

        // What was disposed of is needed by others only, and the new scheduler has to be told.
        foreach (TaskEntry entry in again.Where(e => e.References == 0 && Tasks.Find(e.Key) is null))
        {
            Forget(entry.Key);
        }

        _heldBack = held.Messages.Count > 0 ? held : null;
        if (_heldBack is not null)
        {
            TimeLimit.Forget(PlaceAsync(held));
        }
    }

    private async Task PlaceAsync(HeldBack held)
    {
        Dictionary<string, IReadOnlyList<string>?> places = [];
        foreach (TaskBatch batch in held.Messages.ToArray().Select(static m => m.Batch).OfType<TaskBatch>().Where(static b => b.Placed))
        {
            string group = batch.Options.WorkerGroup!;
            while (!places.ContainsKey(group))
            {
                try
                {
                    places.Add(group, await Place(batch.Options, _closing.Token).ConfigureAwait(false));
                }
                catch (SchedulerUnreachableException e) when (!e.IsGone && ReferenceEquals(held, _heldBack))
                {
                    await Task.Delay(FirstPause * 10, _time, _closing.Token).ConfigureAwait(false);
                }
                catch (Exception) when (!_life.HasEnded)
                {
                    // The workers that it had: nobody can run it, and whoever waits for it is told so, with what the groups offer.
                    places.Add(group, batch.Workers);
                }
            }
        }

        held.Places = places;
        _outgoing.Writer.TryWrite(default);
    }

    /// <summary>Sends the messages that were held back, once their workers are known.</summary>
    private async Task SendPlacedAsync(SchedulerConnection connection, CancellationToken cancellationToken)
    {
        if (_heldBack is not { Places: { } places } held)
        {
            return;
        }

        while (held.Messages.TryPeek(out Outgoing next))
        {
            if (next.Batch is { Placed: true, Options.WorkerGroup: { } group } batch)
            {
                foreach (TaskSpecification task in batch.Tasks)
                {
                    task.Entry.Workers = places[group];
                }

                next = next with { Batch = batch with { Workers = places[group] } };
            }

            held.Messages.Dequeue();
            if (next.Batch is not null)
            {
                await SendAsync(connection, next, cancellationToken).ConfigureAwait(false);
            }
            else
            {
                await connection.SendAsync([SessionMessages.Release([next.Released!])], cancellationToken).ConfigureAwait(false);
            }
        }

        _heldBack = null;
    }
}
