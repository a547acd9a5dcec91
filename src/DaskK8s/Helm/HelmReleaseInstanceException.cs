namespace DaskK8s;

/// <summary>Says that a release has several instances of the Dask chart and none was chosen, or none of the name that was asked for.</summary>
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

    /// <summary>Gets the name that was asked for, or null where none was.</summary>
    public string? Asked { get; }

    /// <summary>Gets the names of the instances that there are.</summary>
    public IReadOnlyList<string> Instances { get; }
}
