namespace DaskK8s;

/// <summary>The state of a group at one moment, as adaptive scaling saw it.</summary>
/// <param name="Time">The moment.</param>
/// <param name="WorkerGroup">The group's name.</param>
/// <param name="Demand">The pods that the work at hand called for.</param>
/// <param name="Replicas">The replicas that the group asked for.</param>
/// <param name="Ready">The pods that were ready.</param>
public sealed record AdaptiveSample(DateTimeOffset Time, string WorkerGroup, int Demand, int Replicas, int Ready);
