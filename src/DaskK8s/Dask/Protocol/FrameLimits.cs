namespace DaskK8s.Dask.Protocol;

/// <summary>The limits of received messages: a message that exceeds a limit is rejected before memory is allocated for it.</summary>
internal sealed record FrameLimits
{
    /// <summary>Gets the defaults.</summary>
    public static FrameLimits Default { get; } = new();

    /// <summary>Gets the maximum number of frames of a message.</summary>
    /// <value>4,194,304: gathering a million small results uses two frames for each.</value>
    public int MaxFrames { get; init; } = 1 << 22;

    /// <summary>Gets the maximum size of a frame in bytes.</summary>
    /// <value>1 GiB; Dask splits all frames except frame 0 at 64 MiB.</value>
    public long MaxFrameBytes { get; init; } = 1L << 30;

    /// <summary>Gets the maximum size of a whole message in bytes.</summary>
    /// <value>8 GiB.</value>
    public long MaxMessageBytes { get; init; } = 8L << 30;

    /// <summary>Gets the memory in bytes that decoding a message may use beyond its size: for lz4 expansion and objects created from items.</summary>
    /// <value>1 GiB.</value>
    public long MaxExpandedBytes { get; init; } = 1L << 30;

    /// <summary>Gets the maximum nesting depth of arrays and maps.</summary>
    /// <value>256; Python's own msgpack rejects 512.</value>
    public int MaxDepth { get; init; } = 256;
}
