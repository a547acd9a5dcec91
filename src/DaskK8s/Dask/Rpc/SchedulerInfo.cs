namespace DaskK8s;

/// <summary>The state of a scheduler and its workers at one point in time.</summary>
/// <remarks>Read from the replies to Dask's <c>identity</c> and <c>versions</c>.</remarks>
public sealed record SchedulerInfo
{
    /// <summary>Gets the scheduler's id, which changes with each start: <c>Scheduler-6ab2…</c>.</summary>
    public required string Id { get; init; }

    /// <summary>Gets the address that the scheduler reports; in a pod, it can be reached only within the cluster.</summary>
    public required string Address { get; init; }

    /// <summary>Gets the kind of server: <c>Scheduler</c>.</summary>
    public required string Type { get; init; }

    /// <summary>Gets the ports of the scheduler's other services by name: <c>dashboard</c> → 8787.</summary>
    public IReadOnlyDictionary<string, int> Services { get; init; } = new Dictionary<string, int>();

    /// <summary>Gets the time of the scheduler's start.</summary>
    public DateTimeOffset Started { get; init; }

    /// <summary>Gets the scheduler's version of Dask's <c>distributed</c>: <c>2024.12.1</c>.</summary>
    /// <value>Null until <see cref="HelmCluster.GetSchedulerInfoAsync"/> has read it, or if the scheduler does not report it.</value>
    public string? Version { get; init; }

    /// <summary>Gets the workers, in the scheduler's order.</summary>
    /// <value>
    /// Empty if only their number was read: connecting and waiting read at most 64 workers
    /// (<see cref="WorkerCount"/> is then greater), while <see cref="HelmCluster.GetSchedulerInfoAsync"/> reads all of them.
    /// </value>
    public IReadOnlyList<WorkerInfo> Workers { get; init; } = [];

    /// <summary>Gets the number of workers.</summary>
    public int WorkerCount
    {
        get => field > 0 ? field : Workers.Count;
        init;
    }

    /// <summary>Gets whether <see cref="Workers"/> contains all workers.</summary>
    public bool HasAllWorkers => Workers.Count >= WorkerCount;

    /// <summary>Gets the total number of threads of all workers.</summary>
    public long TotalThreads { get; init; }

    /// <summary>Gets the total memory limit of all workers, in bytes.</summary>
    public long TotalMemory { get; init; }
}
