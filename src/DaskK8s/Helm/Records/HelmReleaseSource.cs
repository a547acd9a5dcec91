namespace DaskK8s;

/// <summary>Names where a release was read from.</summary>
public enum HelmReleaseSource
{
    /// <summary>Helm's storage record in a Secret (the driver that Helm uses unless told otherwise).</summary>
    Secret,

    /// <summary>Helm's storage record in a ConfigMap (<c>HELM_DRIVER=configmap</c>).</summary>
    ConfigMap,

    /// <summary>Labels and annotations of the release's objects: the record could not be read, so the release is partial.</summary>
    Labels,
}
