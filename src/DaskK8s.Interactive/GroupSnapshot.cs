namespace DaskK8s.Interactive;

/// <summary>Holds what a card shows of a worker group at one moment.</summary>
public sealed record GroupSnapshot
{
    /// <summary>Gets the group's name.</summary>
    public required string Name { get; init; }

    /// <summary>Gets the replicas that the release's values declare.</summary>
    /// <value>Null where the values cannot be read.</value>
    public int? Declared { get; init; }

    /// <summary>Gets the replicas that the Deployment asks for.</summary>
    public int Desired { get; init; }

    /// <summary>Gets how many pods are ready.</summary>
    public int Ready { get; init; }

    /// <summary>Gets of how many pods the scheduler knows the workers.</summary>
    /// <value>Null where the scheduler is not reached, and where the pods were not read yet or only the number of all workers was.</value>
    public int? Connected { get; init; }

    /// <summary>Gets the threads of the group's workers.</summary>
    /// <value>Null where the scheduler is not reached.</value>
    public long? Threads { get; init; }

    /// <summary>Gets the memory that the group's workers use, in bytes.</summary>
    /// <value>Null where the scheduler is not reached.</value>
    public long? MemoryUsed { get; init; }

    /// <summary>Gets the memory limits of the group's workers together, in bytes.</summary>
    /// <value>Null where the scheduler is not reached; 0 where a worker has no limit.</value>
    public long? MemoryLimit { get; init; }

    /// <summary>Gets the GPUs of each pod.</summary>
    public int GpusPerPod { get; init; }

    /// <summary>Gets what each Dask worker offers to tasks: <c>GPU=1</c>.</summary>
    public IReadOnlyDictionary<string, double> Resources { get; init; } = new Dictionary<string, double>();

    /// <summary>Gets what the group waits for, in plain words.</summary>
    /// <value>Null when it waits for nothing, and when nobody waits for it.</value>
    public string? Waiting { get; init; }

    internal GroupSnapshot With(WorkerGroupProgress progress) => this with
    {
        Desired = progress.Desired,
        Ready = progress.Ready,
        Connected = progress.Connected ?? Connected,
        Waiting = progress.Waiting,
    };

    internal static GroupSnapshot Of(WorkerGroup group, SchedulerInfo? scheduler)
    {
        WorkerInfo[]? workers = scheduler is null ? null : [.. scheduler.Workers.Where(w => w.Group == group.Name)];
        return new GroupSnapshot
        {
            Name = group.Name,
            Declared = group.Declared,
            Desired = group.Desired,
            Ready = group.Ready,
            Connected = workers?.Select(static w => w.Host).Distinct(StringComparer.Ordinal).Count(),
            Threads = workers?.Sum(static w => (long)w.Threads),
            MemoryUsed = workers?.Sum(static w => w.MemoryUsed),
            MemoryLimit = workers is null ? null : workers.Any(static w => w.MemoryLimit == 0) ? 0 : workers.Sum(static w => w.MemoryLimit),
            GpusPerPod = group.GpuCount,
            Resources = group.DaskResources,
        };
    }
}
