namespace DaskK8s;

/// <summary>A worker group of a release that was found.</summary>
/// <param name="Name">The group's name.</param>
/// <param name="DeploymentName">Its Deployment.</param>
/// <param name="Desired">The replicas that the Deployment asks for.</param>
/// <param name="Ready">How many of them are ready.</param>
public sealed record DiscoveredGroup(string Name, string DeploymentName, int Desired, int Ready);
