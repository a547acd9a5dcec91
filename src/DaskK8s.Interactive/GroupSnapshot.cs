namespace DaskK8s.Interactive;

/// <summary>A snapshot of a worker group, as shown on a notebook card.</summary>
public sealed record GroupSnapshot
{
    /// <summary>Gets the group's name.</summary>
    public required string Name { get; init; }

    /// <summary>Gets the replicas that the release's values declare.</summary>
    /// <value>Null if the values cannot be read.</value>
    public int? Declared { get; init; }

    /// <summary>Gets the desired replicas of the Deployment.</summary>
    public int Desired { get; init; }

    /// <summary>Gets the number of ready pods.</summary>
    public int Ready { get; init; }

    /// <summary>Gets the number of pods whose workers are connected to the scheduler.</summary>
    /// <value>Null if the scheduler is not connected, the pods were not read yet, or only the total number of workers is known.</value>
    public int? Connected { get; init; }

    /// <summary>Gets the threads of the group's workers.</summary>
    /// <value>Null if the scheduler is not connected.</value>
    public long? Threads { get; init; }

    /// <summary>Gets the memory that the group's workers use, in bytes.</summary>
    /// <value>Null if the scheduler is not connected.</value>
    public long? MemoryUsed { get; init; }

    /// <summary>Gets the total memory limit of the group's workers, in bytes.</summary>
    /// <value>Null if the scheduler is not connected; 0 if a worker has no limit.</value>
    public long? MemoryLimit { get; init; }

    /// <summary>Gets the GPUs of each pod.</summary>
    public int GpusPerPod { get; init; }

    /// <summary>Gets the Dask resources of each worker: <c>GPU=1</c>.</summary>
    public IReadOnlyDictionary<string, double> Resources { get; init; } = new Dictionary<string, double>();

    /// <summary>Gets what the group is waiting for, in plain words.</summary>
    /// <value>Null if it is not waiting, or if no caller is waiting for it.</value>
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
