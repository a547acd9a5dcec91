namespace DaskK8s.Dask.Tasks;

/// <summary>The workers that can run tasks: the connected ones, and those that groups are expected to add.</summary>
/// <param name="Workers">The workers of the scheduler.</param>
/// <param name="Groups">The release's groups; empty if the client was connected by address.</param>
/// <param name="Find">Finds a task by its key.</param>
internal sealed record WorkerOutlook(
    IReadOnlyList<WorkerInfo> Workers, IReadOnlyList<GroupWorkers> Groups, Func<string, TaskEntry?> Find)
{
    private readonly HashSet<TaskEntry> _hopeful = [];

    /// <summary>Determines whether a stuck task, and all stuck tasks that it waits for, can run soon.</summary>
    /// <param name="task">The task.</param>
    /// <returns>False if no suitable worker is connected or expected.</returns>
    public bool MayRun(TaskEntry task)
    {
        Stack<TaskEntry> open = new([task]);
        HashSet<TaskEntry> seen = [];
        while (open.TryPop(out TaskEntry? next))
        {
            if (_hopeful.Contains(next) || !seen.Add(next))
            {
                continue;
            }

            if (!HasWorker(next.Options, next.Workers))
            {
                return false;
            }

            foreach (string need in next.Needs)
            {
                if (Find(need) is { Status: DaskFutureStatus.NoWorker } stuck)
                {
                    open.Push(stuck);
                }
            }
        }

        _hopeful.UnionWith(seen);
        return true;
    }

    private bool HasWorker(TaskOptions options, IReadOnlyList<string>? workers)
    {
        IReadOnlyDictionary<string, double> resources = options.Resources ?? WorkerInfo.NoResources;
        bool bound = workers is not null && options.AllowOtherWorkers != true;
        // The scheduler's news of a worker that has just come may still be on its way here.
        return Workers.Any(w => w.Status == "running" && Offers(w.Resources, resources)
                && (!bound || workers!.Contains(w.Address) || workers!.Contains(w.Name) || workers!.Contains(w.Host)))
            || (!bound && Groups.Any(g => g.Coming && Offers(g.Offers, resources)));
    }

    private static bool Offers(IReadOnlyDictionary<string, double> offered, IReadOnlyDictionary<string, double> wanted) =>
        wanted.All(w => offered.TryGetValue(w.Key, out double amount) && amount >= w.Value);
}
