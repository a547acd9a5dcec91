namespace DaskK8s.Dask.Tasks;

/// <summary>What a task was submitted with, kept so that it can be submitted again.</summary>
internal sealed class KeptTask
{
    /// <summary>Gets what the task calls.</summary>
    public required PythonFunction Function { get; init; }

    /// <summary>Gets the pickle of its arguments.</summary>
    public required byte[] Arguments { get; init; }

    /// <summary>Gets the tasks whose results it needs; all of them are kept as well.</summary>
    public required TaskEntry[] Needs { get; init; }

    /// <summary>Gets the place among all kept tasks: what a task needs comes before it.</summary>
    public required long Order { get; init; }

    /// <summary>Gets the bytes that keeping it is counted with.</summary>
    public required long Cost { get; init; }

    /// <summary>Gets or sets the number of those who need this: the task's futures as one, and each kept task that needs its result.</summary>
    public int Holders { get; set; } = 1;

    /// <summary>Gets or sets the place among those that make room first.</summary>
    public LinkedListNode<TaskEntry>? Spent { get; set; }
}

/// <summary>Why a task cannot be computed again.</summary>
/// <param name="Key">The task that the reason is about: the task itself, or one whose result it needs.</param>
/// <param name="Reason">The reason.</param>
internal sealed record Hindrance(string Key, string Reason)
{
    /// <summary>Returns the reason as it is told of a task.</summary>
    public string Tell(string key) => key == Key ? Reason : $"it needs '{Key}': {Reason}";
}
