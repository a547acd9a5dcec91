namespace DaskK8s;

/// <summary>Says that a release record is no base64.</summary>
public sealed class HelmReleaseEncodingException : HelmReleaseException
{
    internal HelmReleaseEncodingException(string objectName, string? @namespace, string reason)
        : base(
            $"{Describe(objectName, @namespace)} cannot be read: {reason}. It was written or changed by something other than Helm; 'helm history' shows whether Helm can read it, 'helm rollback' writes a new one.",
            ReleaseNameOf(objectName),
            @namespace,
            objectName)
    {
    }
}
