namespace DaskK8s.Dask.Tasks;

/// <summary>A set of tasks that share their function and options and are submitted in one message.</summary>
/// <param name="Function">The function that they call.</param>
/// <param name="Options">Their options.</param>
/// <param name="Workers">The workers that can run them, from the options or the group; null for any worker.</param>
/// <param name="Tasks">The tasks.</param>
internal sealed record TaskBatch(
    PythonFunction Function, TaskOptions Options, IReadOnlyList<string>? Workers, IReadOnlyList<TaskSpecification> Tasks)
{
    /// <summary>Gets the keys of other clients' tasks that this client holds; null for a submission.</summary>
    public IReadOnlyList<string>? Held { get; init; }

    /// <summary>Gets whether the workers of the batch's group are looked up again before it is sent, because they may have changed.</summary>
    public bool Placed { get; init; }

    /// <summary>Gets or sets whether the batch was sent; it may not have been accepted.</summary>
    public bool Sent { get; set; }

    /// <summary>Gets the source of a task that completes when the scheduler has accepted the batch, or when the batch is lost with it.</summary>
    public TaskCompletionSource Confirmed { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
}
