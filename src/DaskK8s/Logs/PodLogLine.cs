namespace DaskK8s;

/// <summary>A line of a pod's log.</summary>
public sealed record PodLogLine
{
    /// <summary>Gets the pod's name.</summary>
    public required string Pod { get; init; }

    /// <summary>Gets the worker group that the pod belongs to.</summary>
    /// <value>Null for the scheduler and every other pod that is not a worker.</value>
    public string? Group { get; init; }

    /// <summary>Gets what the pod is.</summary>
    public required PodComponent Component { get; init; }

    /// <summary>Gets when the node received the line, by the node's clock, cut to 100 ns; for a notice, when it was made.</summary>
    public required DateTimeOffset Time { get; init; }

    /// <summary>Gets the level in Dask's words: <c>DEBUG</c>, <c>INFO</c>, <c>WARNING</c>, <c>ERROR</c> or <c>CRITICAL</c>.</summary>
    /// <value>
    /// Null where the line names none. The lines of a traceback have the level of the line that they belong to, and <c>ERROR</c>
    /// where there is none before them.
    /// </value>
    public string? Level { get; init; }

    /// <summary>Gets the line as the process wrote it, Dask's own time and level included, without its line end.</summary>
    /// <remarks>Of a line longer than 64 KiB only the beginning is kept; it then ends with the number of bytes left out.</remarks>
    public required string Text { get; init; }

    /// <summary>Gets whether the line belongs to the one before it, as those of a traceback do; such lines are kept together.</summary>
    public bool IsContinuation { get; init; }

    /// <summary>Gets whether the line was not written by the pod: it says why there is no log, or where something is missing.</summary>
    public bool IsNotice { get; init; }

    /// <summary>Returns the line with its pod: <c>my-dask-worker-7d5c: text</c>.</summary>
    /// <returns>The text.</returns>
    public override string ToString() => $"{Pod}: {Text}";
}
