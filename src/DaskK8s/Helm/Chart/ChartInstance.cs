using DaskK8s.Helm.Values;

namespace DaskK8s.Helm.Chart;

/// <summary>One use of the Dask chart in a release: an umbrella chart may bring it along at any depth, under any alias, several times.</summary>
/// <param name="Path">The keys that lead to its values in those of the release; empty where the release's own chart is the Dask chart.</param>
/// <param name="Objects">What it put into the cluster.</param>
/// <param name="DeploymentNames">The names of its Deployments, Jupyter's included.</param>
internal sealed record ChartInstance(IReadOnlyList<string> Path, ChartObjects Objects, IReadOnlyList<string> DeploymentNames)
{
    /// <summary>Gets the name by which a caller chooses it: the path with dots between the keys; <c>dask</c> for the release's own chart.</summary>
    public string Name => Path.Count == 0 ? DaskValues.ChartName : string.Join('.', Path);

    /// <summary>Gets the version of the Dask chart, or null where nothing says so.</summary>
    public string? ChartVersion { get; init; }

    /// <summary>Gets the namespace that the manifest gives the objects, or null where it leaves it to the release's.</summary>
    public string? Namespace { get; init; }

    /// <summary>Determines whether a name means this instance: the whole path, or its end.</summary>
    public bool IsNamed(string name) =>
        string.Equals(Name, name, StringComparison.Ordinal) || Name.EndsWith("." + name, StringComparison.Ordinal);
}
