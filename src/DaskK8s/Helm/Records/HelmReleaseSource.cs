namespace DaskK8s;

/// <summary>The sources that a release can be read from.</summary>
public enum HelmReleaseSource
{
    /// <summary>Helm's storage record in a Secret (Helm's default driver).</summary>
    Secret,

    /// <summary>Helm's storage record in a ConfigMap (<c>HELM_DRIVER=configmap</c>).</summary>
    ConfigMap,

    /// <summary>The labels and annotations of the release's objects: the record could not be read, so the release is partial.</summary>
    Labels,
}
