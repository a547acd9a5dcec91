namespace DaskK8s.Groups;

/// <summary>The options that reading a release needs; they are documented at <c>HelmClusterOptions</c>.</summary>
internal sealed record ReleaseOptions(string? Instance, string? SchedulerAddress, string SchedulerComponent, string WorkerComponent, long MaxReleaseBytes);
