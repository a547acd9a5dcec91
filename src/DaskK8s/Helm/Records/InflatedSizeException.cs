namespace DaskK8s.Helm.Records;

/// <summary>The exception that is thrown inside the decoder when a limit is exceeded; the decoder adds the record's name.</summary>
#pragma warning disable CA1064 // It never leaves the decoder.
internal sealed class InflatedSizeException(bool countsValues = false) : Exception
#pragma warning restore CA1064
{
    /// <summary>Gets a value indicating whether there are too many values, rather than too many bytes.</summary>
    public bool CountsValues { get; } = countsValues;
}
