namespace DaskK8s;

/// <summary>The state of a worker at one point in time, as seen by the scheduler.</summary>
/// <remarks>Read from the reply to Dask's <c>identity</c>; byte counts and times are those of the worker's last heartbeat.</remarks>
public sealed record WorkerInfo
{
    /// <summary>Gets the address that identifies the worker in Dask: <c>tcp://10.42.0.7:41231</c>.</summary>
    public required string Address { get; init; }

    /// <summary>Gets the worker's name, or its address if it has none.</summary>
    public required string Name { get; init; }

    /// <summary>Gets the host name or IP address of the worker's host: in Kubernetes, the pod's IP.</summary>
    public required string Host { get; init; }

    /// <summary>Gets the name of the worker group that the worker belongs to.</summary>
    /// <value>Null if unknown, because the worker is not a pod of a release.</value>
    public string? Group { get; init; }

    /// <summary>Gets the number of tasks that the worker runs at once.</summary>
    public int Threads { get; init; }

    /// <summary>Gets the worker's memory limit in bytes.</summary>
    /// <value>0 if it has none.</value>
    public long MemoryLimit { get; init; }

    /// <summary>Gets the process memory in use, in bytes.</summary>
    public long MemoryUsed { get; init; }

    /// <summary>Gets the processor use in percent of one core.</summary>
    public double CpuPercent { get; init; }

    /// <summary>Gets the worker's state in Dask's terms: <c>running</c>, <c>paused</c>, <c>closing_gracefully</c>, …</summary>
    public required string Status { get; init; }

    /// <summary>Gets the abstract resources that the worker offers: <c>GPU</c> → 1.</summary>
    public IReadOnlyDictionary<string, double> Resources { get; init; } = NoResources;

    /// <summary>Gets the number of tasks by state.</summary>
    public WorkerTaskCounts Tasks { get; init; }

    /// <summary>Gets the time of the last heartbeat, by the scheduler's clock.</summary>
    public DateTimeOffset LastSeen { get; init; }

    /// <summary>Gets the address of the nanny that restarts the worker's process.</summary>
    /// <value>Null if the worker has none.</value>
    public string? Nanny { get; init; }

    /// <summary>Gets the worker's scratch directory.</summary>
    /// <value>Null if it was not reported.</value>
    public string? LocalDirectory { get; init; }

    internal static IReadOnlyDictionary<string, double> NoResources { get; } =
        System.Collections.Frozen.FrozenDictionary<string, double>.Empty;
}
