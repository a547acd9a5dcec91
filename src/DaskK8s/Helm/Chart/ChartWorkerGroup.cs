using DaskK8s.Yaml;

namespace DaskK8s.Helm.Chart;

/// <summary>A worker group as the release has it: its Deployment in the manifest, its numbers in the values.</summary>
internal sealed record ChartWorkerGroup
{
    /// <summary>Gets the group's name: <c>worker.name</c> for the default group, the name in the values for the others.</summary>
    public required string Name { get; init; }

    public required string DeploymentName { get; init; }

    public bool IsDefault { get; init; }

    /// <summary>Gets the replicas that the chart deployed; null where no manifest is known.</summary>
    public int? ManifestReplicas { get; init; }

    /// <summary>Gets the replicas that the values ask for: the group's own, else the default group's; null where they are not known.</summary>
    public int? DeclaredReplicas { get; init; }

    /// <summary>Gets the Deployment; null where no manifest is known.</summary>
    public ChartDeployment? Deployment { get; init; }

    /// <summary>Gets the group's values merged over the default group's, as the template saw them.</summary>
    public ValueNode.Map Values { get; init; } = ValueNode.Map.Empty;
}
