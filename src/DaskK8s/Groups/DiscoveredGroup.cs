namespace DaskK8s;

/// <summary>A worker group of a discovered release.</summary>
/// <param name="Name">The group's name.</param>
/// <param name="DeploymentName">Its Deployment.</param>
/// <param name="Desired">The desired replicas of the Deployment.</param>
/// <param name="Ready">The number of ready replicas.</param>
public sealed record DiscoveredGroup(string Name, string DeploymentName, int Desired, int Ready);
