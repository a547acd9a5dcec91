namespace DaskK8s.Helm.Records;

/// <summary>The limits of a single release record.</summary>
internal sealed record ReleaseDecoderLimits
{
    public static readonly ReleaseDecoderLimits Default = new();

    /// <summary>Gets the maximum uncompressed size, in bytes.</summary>
    public long MaxInflatedBytes { get; init; } = 64L * 1024 * 1024;

    /// <summary>Gets the maximum number of values (maps, lists and scalars) in the chart's and the user's values together.</summary>
    public int MaxValues { get; init; } = 250_000;

    /// <summary>Gets the maximum nesting depth of the JSON.</summary>
    public int MaxDepth { get; init; } = 200;
}
