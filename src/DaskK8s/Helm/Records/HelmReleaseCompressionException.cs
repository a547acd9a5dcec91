namespace DaskK8s;

/// <summary>Says that a release record is damaged: its gzip stream cannot be inflated, or inflates to something else.</summary>
public sealed class HelmReleaseCompressionException : HelmReleaseException
{
    internal HelmReleaseCompressionException(string objectName, string? @namespace, string reason)
        : base(
            $"{Describe(objectName, @namespace)} cannot be inflated: {reason}. It was damaged after Helm wrote it; 'helm rollback' to a revision that Helm can read writes a new one.",
            ReleaseNameOf(objectName),
            @namespace,
            objectName)
    {
    }
}
