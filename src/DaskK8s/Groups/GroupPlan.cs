namespace DaskK8s.Groups;

/// <summary>The Deployment of a worker group, as the release's manifest and values declare it.</summary>
/// <param name="Name">The group's name.</param>
/// <param name="IsDefault">Whether it is the default group.</param>
/// <param name="DeploymentName">The Deployment's name.</param>
/// <param name="Declared">The replicas in the values, or null if they cannot be read.</param>
/// <param name="Deployed">The replicas in the manifest, or null if it cannot be read.</param>
internal sealed record GroupPlan(string Name, bool IsDefault, string DeploymentName, int? Declared, int? Deployed)
{
    /// <summary>Gets the name of the container that runs Dask in the Deployment's template; null if unknown.</summary>
    public string? Container { get; init; }

    /// <summary>Gets the address of the scheduler that the group's workers use, if it is not the cluster object's; otherwise null.</summary>
    public string? OtherScheduler { get; init; }

    /// <summary>Gets whether the Deployment names the same scheduler that the cluster object uses.</summary>
    public bool NamesOwnScheduler { get; init; }

    /// <summary>Gets why the Deployment does not show which scheduler its workers belong to; null if it does.</summary>
    public string? Doubt { get; init; }
}
