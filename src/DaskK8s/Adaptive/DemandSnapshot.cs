namespace DaskK8s.Adaptive;

/// <summary>Holds what a scheduler's tasks ask for at one moment.</summary>
/// <param name="Requirements">The tasks, by what they require.</param>
/// <param name="Kinds">The workers, by what they offer.</param>
internal sealed record DemandSnapshot(IReadOnlyList<TaskRequirement> Requirements, IReadOnlyList<WorkerKind> Kinds)
{
    /// <summary>Gets whether any task waits or runs.</summary>
    public bool IsBusy => Requirements.Any(static r => r.Tasks > 0);
}
