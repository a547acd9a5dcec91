using DaskK8s.Helm.Records;

namespace DaskK8s;

/// <summary>The base class of the exceptions about a Helm release.</summary>
public abstract class HelmReleaseException : DaskK8sException
{
    private protected HelmReleaseException(string message, string? releaseName, string? @namespace, string? objectName)
        : base(message)
    {
        ReleaseName = releaseName;
        Namespace = @namespace;
        ObjectName = objectName;
    }

    /// <summary>Gets the name of the release.</summary>
    /// <value>Null if unknown.</value>
    public string? ReleaseName { get; }

    /// <summary>Gets the namespace that was searched.</summary>
    /// <value>Null if unknown, or if all namespaces were searched.</value>
    public string? Namespace { get; }

    /// <summary>Gets the name of the Secret or ConfigMap that holds the record.</summary>
    /// <value>Null if no object is at fault.</value>
    public string? ObjectName { get; }

    private protected static string? ReleaseNameOf(string objectName) =>
        ReleaseEntry.TryParseObjectName(objectName, out string? name, out _) ? name : null;

    private protected static string Describe(string objectName, string? @namespace) =>
        @namespace is null ? $"Helm's record '{objectName}'" : $"Helm's record '{objectName}' in namespace '{@namespace}'";
}
