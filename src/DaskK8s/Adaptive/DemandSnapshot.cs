namespace DaskK8s.Adaptive;

/// <summary>The requirements of a scheduler's tasks at one point in time.</summary>
/// <param name="Requirements">The tasks, grouped by requirement.</param>
/// <param name="Kinds">The workers, grouped by the resources that they offer.</param>
internal sealed record DemandSnapshot(IReadOnlyList<TaskRequirement> Requirements, IReadOnlyList<WorkerKind> Kinds)
{
    /// <summary>Gets whether any task is waiting or running.</summary>
    public bool IsBusy => Requirements.Any(static r => r.Tasks > 0);
}
