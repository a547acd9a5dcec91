namespace DaskK8s;

/// <summary>Describes a scheduler and its workers at one moment.</summary>
/// <remarks>Read from the replies to Dask's <c>identity</c> and <c>versions</c>.</remarks>
public sealed record SchedulerInfo
{
    /// <summary>Gets the scheduler's id, new with each start: <c>Scheduler-6ab2…</c>.</summary>
    public required string Id { get; init; }

    /// <summary>Gets the address that the scheduler gives itself: in a pod, one that only the cluster can reach.</summary>
    public required string Address { get; init; }

    /// <summary>Gets the kind of server: <c>Scheduler</c>.</summary>
    public required string Type { get; init; }

    /// <summary>Gets the ports of the scheduler's other services by name: <c>dashboard</c> → 8787.</summary>
    public IReadOnlyDictionary<string, int> Services { get; init; } = new Dictionary<string, int>();

    /// <summary>Gets the time of the scheduler's start.</summary>
    public DateTimeOffset Started { get; init; }

    /// <summary>Gets the version of Dask's <c>distributed</c> on the scheduler: <c>2024.12.1</c>.</summary>
    /// <value>Null until <see cref="HelmCluster.GetSchedulerInfoAsync"/> has asked for it, and where the scheduler does not tell.</value>
    public string? Version { get; init; }

    /// <summary>Gets the workers, in the scheduler's order.</summary>
    /// <value>
    /// Empty where only their number was asked for: connecting and waiting do not read more than some dozens of workers
    /// (<see cref="WorkerCount"/> is then the larger number), <see cref="HelmCluster.GetSchedulerInfoAsync"/> reads them all.
    /// </value>
    public IReadOnlyList<WorkerInfo> Workers { get; init; } = [];

    /// <summary>Gets the number of workers.</summary>
    public int WorkerCount
    {
        get => field > 0 ? field : Workers.Count;
        init;
    }

    /// <summary>Gets whether <see cref="Workers"/> holds all workers.</summary>
    public bool HasAllWorkers => Workers.Count >= WorkerCount;

    /// <summary>Gets the number of threads of all workers.</summary>
    public long TotalThreads { get; init; }

    /// <summary>Gets the memory limits of all workers together, in bytes.</summary>
    public long TotalMemory { get; init; }
}
