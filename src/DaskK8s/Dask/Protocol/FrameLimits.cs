namespace DaskK8s.Dask.Protocol;

/// <summary>Bounds what a peer can make us read: a message past a limit is refused before memory is spent on it.</summary>
internal sealed record FrameLimits
{
    /// <summary>Gets the defaults.</summary>
    public static FrameLimits Default { get; } = new();

    /// <summary>Gets the largest number of frames of a message.</summary>
    /// <value>4,194,304: the gather of a million small results has two frames for each.</value>
    public int MaxFrames { get; init; } = 1 << 22;

    /// <summary>Gets the largest size of one frame in bytes.</summary>
    /// <value>1 GiB; Dask splits frames at 64 MiB but for frame 0.</value>
    public long MaxFrameBytes { get; init; } = 1L << 30;

    /// <summary>Gets the largest size of a whole message in bytes.</summary>
    /// <value>8 GiB.</value>
    public long MaxMessageBytes { get; init; } = 8L << 30;

    /// <summary>Gets the memory that decoding one message may take beyond its own size, in bytes: what lz4 expands, and the objects made of items.</summary>
    /// <value>1 GiB.</value>
    public long MaxExpandedBytes { get; init; } = 1L << 30;

    /// <summary>Gets the deepest nesting of arrays and maps.</summary>
    /// <value>256; Python's own msgpack refuses 512.</value>
    public int MaxDepth { get; init; } = 256;
}
