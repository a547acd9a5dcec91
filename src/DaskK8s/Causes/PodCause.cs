namespace DaskK8s;

/// <summary>Tells why a pod, or a group without pods, is not as it was asked for.</summary>
/// <param name="Pod">The pod's name, or null where the cause is not that of one pod.</param>
/// <param name="Group">The worker group's name, or null for the scheduler's pod.</param>
/// <param name="Kind">The cause in one word.</param>
/// <param name="Text">The cause in plain words; it may hold lines that the worker itself wrote to its log, and nothing of the pod's environment.</param>
public sealed record PodCause(string? Pod, string? Group, PodCauseKind Kind, string Text)
{
    /// <summary>Returns the cause in a line: <c>my-dask-worker-7d5c: no node can take it: …</c>.</summary>
    /// <returns>The line.</returns>
    public override string ToString() => $"{Pod ?? (Group is null ? "release" : $"group {Group}")}: {Text}";
}
