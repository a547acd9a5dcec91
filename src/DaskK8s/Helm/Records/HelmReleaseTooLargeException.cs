using System.Globalization;

namespace DaskK8s;

/// <summary>Says that a release record inflates past the limit, or holds more values than a chart can have.</summary>
public sealed class HelmReleaseTooLargeException : HelmReleaseException
{
    internal HelmReleaseTooLargeException(string objectName, string? @namespace, long limit, string unit)
        : base(
            string.Create(
                CultureInfo.InvariantCulture,
                $"{Describe(objectName, @namespace)} is too large: it holds more than {limit:N0} {unit}. If it is trusted, raise the limit in the options; if not, find out who wrote it."),
            ReleaseNameOf(objectName),
            @namespace,
            objectName)
    {
        Limit = limit;
        Unit = unit;
    }

    /// <summary>Gets the limit that was hit, in <see cref="Unit"/>.</summary>
    public long Limit { get; }

    /// <summary>Gets what the limit counts: inflated bytes or values.</summary>
    public string Unit { get; }
}
