namespace DaskK8s;

/// <summary>The exception that is thrown when a release has several instances of the Dask chart and none, or an unknown one, was requested.</summary>
public sealed class HelmReleaseInstanceException : HelmReleaseException
{
    internal HelmReleaseInstanceException(string releaseName, string @namespace, string? asked, IReadOnlyList<string> instances)
        : base(
            (asked is null
                ? $"Release '{releaseName}' in namespace '{@namespace}' has {instances.Count} instances of the Dask chart"
                : $"Release '{releaseName}' in namespace '{@namespace}' has no instance '{asked}' of the Dask chart, or more than one")
            + $": {string.Join(", ", instances)}. Choose one: HelmClusterOptions.Instance.",
            releaseName,
            @namespace,
            null)
    {
        Asked = asked;
        Instances = [.. instances];
    }

    /// <summary>Gets the requested name, or null if none was specified.</summary>
    public string? Asked { get; }

    /// <summary>Gets the names of the existing instances.</summary>
    public IReadOnlyList<string> Instances { get; }
}
