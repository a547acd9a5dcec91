namespace DaskK8s.Logs;

/// <summary>A pod whose log is read.</summary>
/// <param name="Pod">The pod's name.</param>
/// <param name="Group">The worker group, or null.</param>
/// <param name="Component">The pod's component.</param>
/// <param name="Container">The name of the container that runs Dask.</param>
internal sealed record LogTarget(string Pod, string? Group, PodComponent Component, string Container);
