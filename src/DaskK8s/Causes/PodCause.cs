namespace DaskK8s;

/// <summary>The cause that keeps a pod, or a group without pods, from its desired state.</summary>
/// <param name="Pod">The pod's name, or null if the cause does not concern a single pod.</param>
/// <param name="Group">The worker group's name, or null for the scheduler's pod.</param>
/// <param name="Kind">The kind of cause.</param>
/// <param name="Text">The cause in plain words; it may include lines from the worker's own log, but nothing from the pod's environment.</param>
public sealed record PodCause(string? Pod, string? Group, PodCauseKind Kind, string Text)
{
    /// <summary>Returns the cause as one line: <c>my-dask-worker-7d5c: no node can take it: …</c>.</summary>
    /// <returns>The line.</returns>
    public override string ToString() => $"{Pod ?? (Group is null ? "release" : $"group {Group}")}: {Text}";
}
