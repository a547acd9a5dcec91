namespace DaskK8s.Testing;

/// <summary>The storage of Helm's release records.</summary>
public enum HelmStorageDriver
{
    /// <summary>In Secrets, Helm's default.</summary>
    Secret,

    /// <summary>In ConfigMaps.</summary>
    ConfigMap,
}
