using DaskK8s.Helm.Records;

namespace DaskK8s;

/// <summary>The root of the errors about a Helm release.</summary>
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
    /// <value>Null where it is not known.</value>
    public string? ReleaseName { get; }

    /// <summary>Gets the namespace that was looked in.</summary>
    /// <value>Null where it is not known, or where every namespace was looked in.</value>
    public string? Namespace { get; }

    /// <summary>Gets the name of the Secret or ConfigMap that holds the record.</summary>
    /// <value>Null where no object is at fault.</value>
    public string? ObjectName { get; }

    private protected static string? ReleaseNameOf(string objectName) =>
        ReleaseEntry.TryParseObjectName(objectName, out string? name, out _) ? name : null;

    private protected static string Describe(string objectName, string? @namespace) =>
        @namespace is null ? $"Helm's record '{objectName}'" : $"Helm's record '{objectName}' in namespace '{@namespace}'";
}
