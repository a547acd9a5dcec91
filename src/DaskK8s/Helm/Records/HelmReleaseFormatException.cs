namespace DaskK8s;

/// <summary>Says that a release record is no JSON, or not the JSON that Helm 3 and 4 write.</summary>
public sealed class HelmReleaseFormatException : HelmReleaseException
{
    internal HelmReleaseFormatException(string objectName, string? @namespace, string reason)
        : base(
            $"{Describe(objectName, @namespace)} is not a release as Helm 3 or 4 writes it: {reason}. Releases of Helm 2 have to be migrated first; otherwise 'helm rollback' to a revision that Helm can read writes a new one.",
            ReleaseNameOf(objectName),
            @namespace,
            objectName)
    {
    }
}
