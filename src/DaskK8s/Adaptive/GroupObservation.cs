namespace DaskK8s.Adaptive;

/// <summary>Holds what is to be seen of a group when it is decided on.</summary>
/// <param name="Demand">The pods that the work requires.</param>
/// <param name="Replicas">The replicas that the Deployment asks for: pods that are pending count as coming, those that terminate as gone.</param>
/// <param name="Ready">The pods that are ready.</param>
/// <param name="Unschedulable">Why a pod of the group finds no node, or null where each does.</param>
/// <param name="IdleFor">How long no task has run or waited.</param>
internal sealed record GroupObservation(int Demand, int Replicas, int Ready, string? Unschedulable, TimeSpan IdleFor);
