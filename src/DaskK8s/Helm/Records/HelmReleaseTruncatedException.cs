namespace DaskK8s;

/// <summary>Says that a release record ends too early.</summary>
public sealed class HelmReleaseTruncatedException : HelmReleaseException
{
    internal HelmReleaseTruncatedException(string objectName, string? @namespace, string reason)
        : base(
            $"{Describe(objectName, @namespace)} is cut short: {reason}. It was damaged after Helm wrote it; 'helm rollback' to a revision that Helm can read writes a new one.",
            ReleaseNameOf(objectName),
            @namespace,
            objectName)
    {
    }
}
