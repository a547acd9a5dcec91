using DaskK8s.Helm.Values;

namespace DaskK8s.Helm.Chart;

/// <summary>An instance of the Dask chart in a release; an umbrella chart can include several, at any depth and under any alias.</summary>
/// <param name="Path">The keys that lead to its values within the release's values; empty if the release's own chart is the Dask chart.</param>
/// <param name="Objects">Its objects in the cluster.</param>
/// <param name="DeploymentNames">The names of its Deployments, including Jupyter's.</param>
internal sealed record ChartInstance(IReadOnlyList<string> Path, ChartObjects Objects, IReadOnlyList<string> DeploymentNames)
{
    /// <summary>Gets the name by which a caller selects it: the path with dots between the keys; <c>dask</c> for the release's own chart.</summary>
    public string Name => Path.Count == 0 ? DaskValues.ChartName : string.Join('.', Path);

    /// <summary>Gets the version of the Dask chart; null if unknown.</summary>
    public string? ChartVersion { get; init; }

    /// <summary>Gets the namespace of the objects in the manifest; null if the manifest leaves it to the release.</summary>
    public string? Namespace { get; init; }

    /// <summary>Determines whether a name refers to this instance: it is the whole path, or its end.</summary>
    public bool IsNamed(string name) =>
        string.Equals(Name, name, StringComparison.Ordinal) || Name.EndsWith("." + name, StringComparison.Ordinal);
}
