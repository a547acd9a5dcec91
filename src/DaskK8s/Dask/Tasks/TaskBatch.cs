namespace DaskK8s.Dask.Tasks;

/// <summary>A set of tasks that share their function and options and are submitted in one message.</summary>
/// <param name="Function">What they call.</param>
/// <param name="Options">How they run.</param>
/// <param name="Workers">Where they may run: those of the options, or the group's; null for anywhere.</param>
/// <param name="Tasks">The tasks.</param>
internal sealed record TaskBatch(
    PythonFunction Function, TaskOptions Options, IReadOnlyList<string>? Workers, IReadOnlyList<TaskSpecification> Tasks)
{
    /// <summary>Gets the keys of tasks that others submitted and that this client takes a share in; null for a submission.</summary>
    public IReadOnlyList<string>? Held { get; init; }

    /// <summary>Gets whether the workers of the batch's group are looked up before it is sent: they may be others than those that it was submitted with.</summary>
    public bool Placed { get; init; }

    /// <summary>Gets or sets whether the batch was sent, though perhaps not taken.</summary>
    public bool Sent { get; set; }

    /// <summary>Gets what ends when the scheduler has taken the batch, or when it is lost with the scheduler.</summary>
    public TaskCompletionSource Confirmed { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
}
