namespace DaskK8s.Helm.Records;

/// <summary>The exception that is thrown inside the decoder when a limit is exceeded; the decoder adds which record it was.</summary>
#pragma warning disable CA1064 // It never leaves the decoder.
internal sealed class InflatedSizeException(bool countsValues = false) : Exception
#pragma warning restore CA1064
{
    /// <summary>Gets a value indicating whether values, not bytes, are too many.</summary>
    public bool CountsValues { get; } = countsValues;
}
