namespace DaskK8s.Dask.Protocol;

/// <summary>Is one message of Dask's protocol: frame 0 is msgpack, the others are what its placeholders point at.</summary>
internal sealed class DaskMessage(ReadOnlyMemory<byte>[] frames)
{
    /// <summary>Gets all frames; there is at least one.</summary>
    public ReadOnlyMemory<byte>[] Frames { get; } = frames;

    /// <summary>Gets frame 0.</summary>
    public ReadOnlyMemory<byte> Body => Frames[0];
}
