namespace DaskK8s;

/// <summary>The progress of a transfer.</summary>
/// <param name="Bytes">The number of bytes transferred so far.</param>
/// <param name="Total">The total number of bytes; an estimate for tables.</param>
public readonly record struct DaskTransferProgress(long Bytes, long Total);
