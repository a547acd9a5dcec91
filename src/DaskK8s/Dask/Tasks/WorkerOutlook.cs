namespace DaskK8s.Dask.Tasks;

/// <summary>What there is to run tasks on: the workers that are connected, and those that groups have on their way.</summary>
/// <param name="Workers">The workers that the scheduler has.</param>
/// <param name="Groups">The release's groups; empty where the client was connected by an address.</param>
/// <param name="Find">Finds a task by its key.</param>
internal sealed record WorkerOutlook(
    IReadOnlyList<WorkerInfo> Workers, IReadOnlyList<GroupWorkers> Groups, Func<string, TaskEntry?> Find)
{
    private readonly HashSet<TaskEntry> _hopeful = [];

    /// <summary>Determines whether a stuck task may run soon, and all stuck tasks that it waits for.</summary>
    /// <param name="task">The task.</param>
    /// <returns>False where no worker that fits is there or on its way.</returns>
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
