using System.Management.Automation;

namespace DaskK8s.PowerShell;

/// <summary>Converts the name of a connected cluster for the parameter <c>-Cluster</c>.</summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class ClusterNameAttribute : ArgumentTransformationAttribute
{
    /// <summary>Finds a cluster by name.</summary>
    /// <param name="engineIntrinsics">The engine.</param>
    /// <param name="inputData">The name; any other value is returned unchanged.</param>
    /// <returns>The cluster.</returns>
    public override object Transform(EngineIntrinsics engineIntrinsics, object inputData) =>
        (inputData as PSObject)?.BaseObject is string or null && (inputData as string ?? (inputData as PSObject)?.BaseObject as string) is { } name
            ? DaskSession.Current.Find(name)
                ?? throw new ArgumentTransformationMetadataException(NoClusterException.ForName(name, DaskSession.Current.Clusters).Message)
            : inputData;
}
