namespace DaskK8s.Groups;

/// <summary>The Deployment of a worker group, as the release's manifest and values declare it.</summary>
/// <param name="Name">The group's name.</param>
/// <param name="IsDefault">Whether it is the default group.</param>
/// <param name="DeploymentName">The Deployment's name.</param>
/// <param name="Declared">The replicas in the values, or null where they cannot be read.</param>
/// <param name="Deployed">The replicas in the manifest, or null where it cannot be read.</param>
internal sealed record GroupPlan(string Name, bool IsDefault, string DeploymentName, int? Declared, int? Deployed)
{
    /// <summary>Gets the name of the container that runs Dask in the Deployment's template; null where it is not known.</summary>
    public string? Container { get; init; }

    /// <summary>Gets the address of the scheduler that the group's workers are told to use, where it is another one than the cluster object's; else null.</summary>
    public string? OtherScheduler { get; init; }

    /// <summary>Gets whether the Deployment names the very scheduler that the cluster object talks to.</summary>
    public bool NamesOwnScheduler { get; init; }

    /// <summary>Gets why it cannot be told from the Deployment whose workers these are; null where it can.</summary>
    public string? Doubt { get; init; }
}
