namespace DaskK8s;

/// <summary>The exception that is thrown when a release does not come from the Dask chart.</summary>
public sealed class HelmReleaseNotDaskException : HelmReleaseException
{
    internal HelmReleaseNotDaskException(string objectName, string? @namespace, string? releaseName, string chartName, string chartVersion, string? found = null)
        : base(
            $"Release '{releaseName}'{(@namespace is null ? "" : $" in namespace '{@namespace}'")} is not a release of the Dask chart: it was installed from chart '{chartName}' {chartVersion}, and its manifest has no Dask scheduler and no Dask workers of that chart. {(found is null ? "Use the name of a release of the chart 'dask'." : found)}",
            releaseName,
            @namespace,
            objectName)
    {
        ChartName = chartName;
        ChartVersion = chartVersion;
    }

    /// <summary>Gets the name of the chart that the release comes from.</summary>
    public string ChartName { get; }

    /// <summary>Gets the version of that chart.</summary>
    public string ChartVersion { get; }
}
