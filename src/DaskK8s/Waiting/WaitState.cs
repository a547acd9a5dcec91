namespace DaskK8s.Waiting;

/// <summary>The state of one group during a wait.</summary>
/// <param name="Progress">The progress to report.</param>
/// <param name="IsComplete">Whether everything that is known is in the desired state.</param>
/// <param name="IsKubernetesComplete">Whether Kubernetes has done its part.</param>
/// <param name="NeedsScheduler">Whether an answer of the scheduler can change the state.</param>
/// <param name="Causes">Why it is not complete.</param>
internal sealed record WaitState(
    WorkerGroupProgress Progress, bool IsComplete, bool IsKubernetesComplete, bool NeedsScheduler, IReadOnlyList<PodCause> Causes);
