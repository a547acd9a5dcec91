namespace DaskK8s.Dask.Tasks;

/// <summary>Keeps submissions, so that work that is lost with its scheduler can be resubmitted.</summary>
/// <remarks>
/// A task is kept while it has a future or a kept task needs its result. Tasks with fetched results that no task needs are dropped if space is needed.
/// Not thread-safe: the session calls it while holding its lock.
/// </remarks>
/// <param name="always">The default for tasks whose options do not set it.</param>
/// <param name="maxAttempts">The maximum number of submissions of a task.</param>
/// <param name="maxBytes">The maximum number of bytes to keep.</param>
internal sealed class Resubmission(bool always, int maxAttempts, long maxBytes)
{
    /// <summary>The memory that a task uses in addition to its arguments and its key.</summary>
    private const int Overhead = 400;

    private const int MaxBatch = 2000;
    private const int MaxBatchBytes = 4 << 20;

    private readonly LinkedList<TaskEntry> _spent = [];
    private long _order;

    /// <summary>Gets the number of bytes that are kept.</summary>
    public long Bytes { get; private set; }

    /// <summary>Keeps the submissions of a batch's tasks, if they may be resubmitted.</summary>
    /// <param name="batch">The batch.</param>
    /// <param name="find">Finds a task by its key.</param>
    public void Keep(TaskBatch batch, Func<string, TaskEntry?> find)
    {
        if (!(batch.Options.ResubmitLostWork ?? always))
        {
            return;
        }

        long share = (batch.Function.Source?.Length ?? 0) * sizeof(char) / batch.Tasks.Count;
        foreach ((TaskEntry entry, byte[] arguments, IReadOnlyList<string> needed) in batch.Tasks)
        {
            TaskEntry?[] needs = [.. needed.Select(find)];
            int lacking = Array.FindIndex(needs, static n => n?.Kept is null);
            if (lacking >= 0)
            {
                entry.Hindrance = needs[lacking]?.Hindrance ?? new Hindrance(needed[lacking], "it is not submitted again");
                continue;
            }

            long cost = Overhead + arguments.Length + share + (entry.Key.Length * sizeof(char)) + (needs.Length * IntPtr.Size);
            while (Bytes + cost > maxBytes && _spent.First is { } spent)
            {
                Drop(spent.Value, "its result was fetched before, and its specification was dropped to make room for others");
            }

            if (Bytes + cost > maxBytes)
            {
                entry.Hindrance = new Hindrance(entry.Key, $"its specification was not kept, as more than {nameof(DaskClientOptions.MaxResubmitBytes)} ({maxBytes} bytes) would have been");
                continue;
            }

            Bytes += cost;
            entry.Kept = new KeptTask { Function = batch.Function, Arguments = arguments, Needs = needs!, Order = _order++, Cost = cost };
            foreach (KeptTask need in needs.Select(static n => n!.Kept!))
            {
                need.Holders++;
                Respend(need);
            }
        }
    }

    /// <summary>Records that a task no longer has a future; it is kept only for tasks that need it.</summary>
    public void Release(TaskEntry entry)
    {
        if (entry.Kept is { } kept)
        {
            kept.Holders--;
            Respend(kept);
            if (kept.Holders == 0)
            {
                Free(entry);
            }
        }
    }

    /// <summary>Records that a result was fetched; the task is kept for tasks that need it, and while there is space.</summary>
    public void Spend(TaskEntry entry)
    {
        entry.Gathered = true;
        if (entry.Kept is { } kept)
        {
            Spend(entry, kept);
        }
    }

    /// <summary>Deletes the submission of a task and records the reason; tasks that need it cannot be resubmitted either.</summary>
    public void Drop(TaskEntry entry, string reason)
    {
        if (entry.Kept is not null)
        {
            entry.Hindrance = new Hindrance(entry.Key, reason);
            Free(entry);
        }
    }

    /// <summary>Selects the tasks to resubmit: required tasks, and the dependencies of required and queued tasks.</summary>
    /// <param name="wanted">The required and the queued tasks.</param>
    /// <param name="given">Whether a task was sent to the lost scheduler; the others are queued and are sent anyway.</param>
    /// <param name="unsent">The tasks whose last submission was not sent.</param>
    /// <returns>The tasks, dependencies first. Required tasks that are missing have the reason in <see cref="TaskEntry.Hindrance"/>.</returns>
    public IReadOnlyList<TaskEntry> Choose(IEnumerable<TaskEntry> wanted, Func<TaskEntry, bool> given, IReadOnlySet<TaskEntry> unsent)
    {
        HashSet<TaskEntry> chosen = [.. wanted];
        HashSet<TaskEntry> seen = [.. chosen];
        Stack<TaskEntry> open = new(seen);
        while (open.TryPop(out TaskEntry? next))
        {
            foreach (TaskEntry need in next.Kept?.Needs.Where(seen.Add) ?? [])
            {
                open.Push(need);
            }
        }

        TaskEntry[] ordered = [.. seen.Where(static e => e.Kept is not null).OrderBy(static e => e.Kept!.Order)];
        foreach (TaskEntry entry in ordered)
        {
            if (given(entry) && entry.Attempts >= maxAttempts && !unsent.Contains(entry))
            {
                Drop(entry, $"it was submitted {entry.Attempts} times, as often as {nameof(DaskClientOptions.MaxAttempts)} allows");
            }
            else if (entry.Kept?.Needs.FirstOrDefault(static n => n.Kept is null) is { } lacking)
            {
                Drop(entry, string.Empty);
                entry.Hindrance = lacking.Hindrance;
            }
        }

        foreach (TaskEntry entry in ordered.Reverse().Where(chosen.Contains))
        {
            chosen.UnionWith(entry.Kept?.Needs ?? []);
        }

        return [.. ordered.Where(e => e.Kept is not null && chosen.Contains(e) && given(e))];
    }

    /// <summary>Groups tasks in order into batches that share their function and options, and in which no task needs another.</summary>
    public static IEnumerable<TaskBatch> Batch(IEnumerable<TaskEntry> tasks)
    {
        List<TaskSpecification> batch = [];
        HashSet<string> keys = [];
        long bytes = 0;
        TaskEntry? first = null;
        foreach (TaskEntry entry in tasks)
        {
            KeptTask kept = entry.Kept!;
            if (first is not null && (batch.Count == MaxBatch || bytes > MaxBatchBytes || !Alike(first, entry) || entry.Needs.Any(keys.Contains)))
            {
                yield return End(first, batch);
                (batch, bytes, first) = ([], 0, null);
                keys.Clear();
            }

            first ??= entry;
            keys.Add(entry.Key);
            bytes += kept.Arguments.Length;
            batch.Add(new TaskSpecification(entry, kept.Arguments, entry.Needs));
        }

        if (first is not null)
        {
            yield return End(first, batch);
        }
    }

    private static TaskBatch End(TaskEntry first, List<TaskSpecification> tasks) =>
        new(first.Kept!.Function, first.Options, first.Workers, tasks) { Placed = first.Options.WorkerGroup is not null };

    private static bool Alike(TaskEntry one, TaskEntry other) =>
        one.Options == other.Options && one.Kept!.Function.Id == other.Kept!.Function.Id && ReferenceEquals(one.Workers, other.Workers);

    /// <summary>Frees the space of a task, and of tasks that were kept only for it.</summary>
    private void Free(TaskEntry entry)
    {
        Stack<TaskEntry> open = new([entry]);
        while (open.TryPop(out TaskEntry? next))
        {
            KeptTask kept = next.Kept!;
            next.Kept = null;
            Bytes -= kept.Cost;
            Respend(kept);
            foreach (TaskEntry need in kept.Needs)
            {
                if (need.Kept is not { } held)
                {
                    continue;
                }

                if (--held.Holders == 0)
                {
                    open.Push(need);
                }
                else if (need.Gathered)
                {
                    Spend(need, held);
                }
            }
        }
    }

    private void Spend(TaskEntry entry, KeptTask kept)
    {
        if (kept is { Holders: 1, Spent: null } && entry.References > 0)
        {
            kept.Spent = _spent.AddLast(entry);
        }
    }

    /// <summary>Removes a task from the list of tasks that are dropped first.</summary>
    private void Respend(KeptTask kept)
    {
        if (kept.Spent is { } node)
        {
            _spent.Remove(node);
            kept.Spent = null;
        }
    }
}
