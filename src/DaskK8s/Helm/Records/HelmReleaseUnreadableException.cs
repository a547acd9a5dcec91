using System.Globalization;

namespace DaskK8s;

/// <summary>The exception that is thrown when a Helm record is damaged, has a foreign format, or is too large.</summary>
public sealed class HelmReleaseUnreadableException : HelmReleaseException
{
    private const string Damaged = "It was damaged after Helm wrote it; 'helm rollback' to a revision that Helm can read writes a new one.";

    internal HelmReleaseUnreadableException(HelmReleaseUnreadableReason reason, string objectName, string? @namespace, string what)
        : base($"{Describe(objectName, @namespace)} {Explain(reason, what)}", ReleaseNameOf(objectName), @namespace, objectName) => Reason = reason;

    /// <summary>Gets the reason.</summary>
    public HelmReleaseUnreadableReason Reason { get; }

    /// <summary>Gets the limit that was exceeded, in <see cref="Unit"/>.</summary>
    /// <value>Null for reasons other than <see cref="HelmReleaseUnreadableReason.TooLarge"/>.</value>
    public long? Limit { get; private init; }

    /// <summary>Gets what the limit counts: uncompressed bytes or values.</summary>
    /// <value>Null for reasons other than <see cref="HelmReleaseUnreadableReason.TooLarge"/>.</value>
    public string? Unit { get; private init; }

    internal static HelmReleaseUnreadableException TooLarge(string objectName, string? @namespace, long limit, string unit) =>
        new(HelmReleaseUnreadableReason.TooLarge, objectName, @namespace, string.Create(CultureInfo.InvariantCulture, $"more than {limit:N0} {unit}")) { Limit = limit, Unit = unit };

    private static string Explain(HelmReleaseUnreadableReason reason, string what) => reason switch
    {
        HelmReleaseUnreadableReason.Encoding =>
            $"cannot be read: {what}. It was written or changed by something other than Helm; 'helm history' shows whether Helm can read it, 'helm rollback' writes a new one.",
        HelmReleaseUnreadableReason.Compression => $"cannot be inflated: {what}. {Damaged}",
        HelmReleaseUnreadableReason.Truncated => $"is cut short: {what}. {Damaged}",
        HelmReleaseUnreadableReason.TooLarge => $"is too large: it holds {what}. If it is trusted, raise the limit in the options; if not, find out who wrote it.",
        _ => $"is not a release as Helm 3 or 4 writes it: {what}. Releases of Helm 2 have to be migrated first; otherwise 'helm rollback' to a revision that Helm can read writes a new one.",
    };
}
