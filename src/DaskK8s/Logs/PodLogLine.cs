namespace DaskK8s;

/// <summary>A line of a pod's log.</summary>
public sealed record PodLogLine
{
    /// <summary>Gets the pod's name.</summary>
    public required string Pod { get; init; }

    /// <summary>Gets the worker group that the pod belongs to.</summary>
    /// <value>Null for the scheduler and every other pod that is not a worker.</value>
    public string? Group { get; init; }

    /// <summary>Gets the pod's component.</summary>
    public required PodComponent Component { get; init; }

    /// <summary>Gets when the node received the line, by the node's clock, truncated to 100 ns; for a notice, when it was created.</summary>
    public required DateTimeOffset Time { get; init; }

    /// <summary>Gets the level, as Dask names it: <c>DEBUG</c>, <c>INFO</c>, <c>WARNING</c>, <c>ERROR</c> or <c>CRITICAL</c>.</summary>
    /// <value>
    /// Null if the line has none. The lines of a traceback have the level of the line that they belong to, or <c>ERROR</c>
    /// if no line precedes them.
    /// </value>
    public string? Level { get; init; }

    /// <summary>Gets the line as the process wrote it, including Dask's own time and level, without its line ending.</summary>
    /// <remarks>A line longer than 64 KiB is truncated and ends with the number of omitted bytes.</remarks>
    public required string Text { get; init; }

    /// <summary>Gets whether the line belongs to the previous one, as in a traceback; such lines are kept together.</summary>
    public bool IsContinuation { get; init; }

    /// <summary>Gets whether the line was not written by the pod: it says why there is no log, or where lines are missing.</summary>
    public bool IsNotice { get; init; }

    /// <summary>Returns the line with its pod: <c>my-dask-worker-7d5c: text</c>.</summary>
    /// <returns>The string.</returns>
    public override string ToString() => $"{Pod}: {Text}";
}
