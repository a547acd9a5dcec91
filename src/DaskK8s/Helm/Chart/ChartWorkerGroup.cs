using DaskK8s.Yaml;

namespace DaskK8s.Helm.Chart;

/// <summary>A worker group of the release: its Deployment in the manifest and its settings in the values.</summary>
internal sealed record ChartWorkerGroup
{
    /// <summary>Gets the group's name: <c>worker.name</c> for the default group, the name in the values for the others.</summary>
    public required string Name { get; init; }

    public required string DeploymentName { get; init; }

    public bool IsDefault { get; init; }

    /// <summary>Gets the replicas that the chart deployed; null without a manifest.</summary>
    public int? ManifestReplicas { get; init; }

    /// <summary>Gets the replicas declared in the values, either the group's own or the default group's; null if unknown.</summary>
    public int? DeclaredReplicas { get; init; }

    /// <summary>Gets the Deployment; null without a manifest.</summary>
    public ChartDeployment? Deployment { get; init; }

    /// <summary>Gets the group's values merged over the default group's, as the template received them.</summary>
    public ValueNode.Map Values { get; init; } = ValueNode.Map.Empty;
}
