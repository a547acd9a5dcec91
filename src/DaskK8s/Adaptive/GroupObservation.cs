namespace DaskK8s.Adaptive;

/// <summary>The state of a group on which a decision is based.</summary>
/// <param name="Demand">The pods that the work requires.</param>
/// <param name="Replicas">The Deployment's desired replicas: includes pending pods, but no terminating ones.</param>
/// <param name="Ready">The number of ready pods.</param>
/// <param name="Unschedulable">Why a pod of the group is unschedulable, or null if none is.</param>
/// <param name="IdleFor">The time since a task last ran or waited.</param>
internal sealed record GroupObservation(int Demand, int Replicas, int Ready, string? Unschedulable, TimeSpan IdleFor);
