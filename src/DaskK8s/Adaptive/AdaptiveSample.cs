namespace DaskK8s;

/// <summary>The state of a group at one point in time, as adaptive scaling saw it.</summary>
/// <param name="Time">The time of the sample.</param>
/// <param name="WorkerGroup">The group's name.</param>
/// <param name="Demand">The number of pods that the outstanding work required.</param>
/// <param name="Replicas">The group's desired replicas.</param>
/// <param name="Ready">The number of ready pods.</param>
public sealed record AdaptiveSample(DateTimeOffset Time, string WorkerGroup, int Demand, int Replicas, int Ready);
