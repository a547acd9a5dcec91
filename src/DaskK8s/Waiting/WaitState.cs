namespace DaskK8s.Waiting;

/// <summary>The state of one group during a wait.</summary>
/// <param name="Progress">What is reported.</param>
/// <param name="IsComplete">Whether all that is known is as it was asked for.</param>
/// <param name="IsKubernetesComplete">Whether Kubernetes has done its part.</param>
/// <param name="NeedsScheduler">Whether the scheduler's word can change something.</param>
/// <param name="Causes">Why it is not complete.</param>
internal sealed record WaitState(
    WorkerGroupProgress Progress, bool IsComplete, bool IsKubernetesComplete, bool NeedsScheduler, IReadOnlyList<PodCause> Causes);
