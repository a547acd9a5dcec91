namespace DaskK8s.Dask.Tasks;

/// <summary>The submission of a task, kept so that the task can be resubmitted.</summary>
internal sealed class KeptTask
{
    /// <summary>Gets the function that the task calls.</summary>
    public required PythonFunction Function { get; init; }

    /// <summary>Gets the pickled arguments.</summary>
    public required byte[] Arguments { get; init; }

    /// <summary>Gets the tasks whose results it needs, which are all kept as well.</summary>
    public required TaskEntry[] Needs { get; init; }

    /// <summary>Gets the position among all kept tasks; the dependencies of a task come before it.</summary>
    public required long Order { get; init; }

    /// <summary>Gets the number of bytes that it counts toward the limit.</summary>
    public required long Cost { get; init; }

    /// <summary>Gets or sets the number of users: one for all futures of the task, and one for each kept task that needs its result.</summary>
    public int Holders { get; set; } = 1;

    /// <summary>Gets or sets the node in the list of tasks that are dropped first.</summary>
    public LinkedListNode<TaskEntry>? Spent { get; set; }
}

/// <summary>The reason why a task cannot be recomputed.</summary>
/// <param name="Key">The key of the task that the reason applies to: the task itself, or one whose result it needs.</param>
/// <param name="Reason">The reason.</param>
internal sealed record Hindrance(string Key, string Reason)
{
    /// <summary>Returns the reason, worded for a task.</summary>
    public string Tell(string key) => key == Key ? Reason : $"it needs '{Key}': {Reason}";
}
