namespace DaskK8s;

/// <summary>How much of a value was transferred.</summary>
/// <param name="Bytes">The bytes so far.</param>
/// <param name="Total">All bytes; an estimate for tables.</param>
public readonly record struct DaskTransferProgress(long Bytes, long Total);
