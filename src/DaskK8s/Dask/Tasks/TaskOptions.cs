namespace DaskK8s;

/// <summary>The options of a task: where and how it runs, as in <c>dask.annotate</c>.</summary>
/// <remarks>Null options are read from the scopes of <see cref="DaskClient.Annotate(TaskOptions)"/> around the call, innermost first.</remarks>
public sealed record TaskOptions
{
    /// <summary>Gets the abstract resources that a worker must offer: <c>GPU</c> → 1.</summary>
    /// <value>Null by default: any worker can run the task.</value>
    public IReadOnlyDictionary<string, double>? Resources { get; init; }

    /// <summary>Gets the addresses, names or host names of the workers that can run the task.</summary>
    /// <value>Null by default: any. Set this or <see cref="WorkerGroup"/>.</value>
    public IReadOnlyList<string>? Workers { get; init; }

    /// <summary>Gets the name of the worker group that can run the task; its workers are looked up when the task is submitted.</summary>
    /// <value>Null by default: any. Set this or <see cref="Workers"/>.</value>
    public string? WorkerGroup { get; init; }

    /// <summary>Gets whether other workers can run the task if none of the named workers can.</summary>
    /// <value>Null by default, which is false.</value>
    public bool? AllowOtherWorkers { get; init; }

    /// <summary>Gets the priority; tasks with a higher priority run first.</summary>
    /// <value>Null by default, which is 0.</value>
    public int? Priority { get; init; }

    /// <summary>Gets how often a task that raised an exception is retried.</summary>
    /// <value>Null by default, which is 0. It does not apply to workers that die: Dask itself moves their tasks, 3 times by default.</value>
    public int? Retries { get; init; }

    /// <summary>Gets the task's key.</summary>
    /// <value>Null by default: made of the function's name and a unique part. An existing key refers to its existing task.</value>
    public string? Key { get; init; }

    /// <summary>Gets whether calls of equal functions with equal arguments share one task, which is computed once.</summary>
    /// <value>Null by default, which is false.</value>
    public bool? Pure { get; init; }

    /// <summary>Gets whether the task is resubmitted if it is lost with its scheduler.</summary>
    /// <value>Null by default: the value of <see cref="DaskClientOptions.ResubmitLostWork"/>. Use false for tasks that must not run twice.</value>
    public bool? ResubmitLostWork { get; init; }

    /// <summary>Returns these options, completed with those of an outer scope.</summary>
    internal TaskOptions Over(TaskOptions? outer)
    {
        if (outer is null)
        {
            return this;
        }

        bool placed = Workers is not null || WorkerGroup is not null;
        return new TaskOptions
        {
            Resources = Resources ?? outer.Resources,
            Workers = placed ? Workers : outer.Workers,
            WorkerGroup = placed ? WorkerGroup : outer.WorkerGroup,
            AllowOtherWorkers = AllowOtherWorkers ?? (placed ? null : outer.AllowOtherWorkers),
            Priority = Priority ?? outer.Priority,
            Retries = Retries ?? outer.Retries,
            Key = Key ?? outer.Key,
            Pure = Pure ?? outer.Pure,
            ResubmitLostWork = ResubmitLostWork ?? outer.ResubmitLostWork,
        };
    }

    /// <summary>Validates the options as far as possible without a cluster.</summary>
    /// <exception cref="ArgumentException">An option is invalid.</exception>
    internal void Validate()
    {
        if (Workers is not null && WorkerGroup is not null)
        {
            throw new ArgumentException("Set Workers or WorkerGroup, not both.");
        }

        if (Workers is { Count: 0 })
        {
            throw new ArgumentException("Workers names no worker; leave it null to allow any.");
        }

        if (Retries < 0)
        {
            throw new ArgumentException($"Retries is {Retries}; it cannot be negative.");
        }

        foreach ((string name, double amount) in Resources ?? WorkerInfo.NoResources)
        {
            if (amount is not (> 0 and < double.PositiveInfinity))
            {
                throw new ArgumentException($"The resource {name} is asked for {amount} times; it must be a positive number.");
            }
        }
    }
}
