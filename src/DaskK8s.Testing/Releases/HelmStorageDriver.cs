namespace DaskK8s.Testing;

/// <summary>Where Helm keeps its records of releases.</summary>
public enum HelmStorageDriver
{
    /// <summary>In Secrets, Helm's default.</summary>
    Secret,

    /// <summary>In ConfigMaps.</summary>
    ConfigMap,
}
