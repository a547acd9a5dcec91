namespace DaskK8s.Dask.Protocol;

/// <summary>One message of Dask's protocol: frame 0 is msgpack, the others are what its placeholders point at.</summary>
/// <param name="frames">The frames; at least one.</param>
/// <param name="budget">The budget of the message that these frames came in; null for a message of its own.</param>
internal sealed class DaskMessage(ReadOnlyMemory<byte>[] frames, DecodingBudget? budget = null)
{
    private bool[]? _taken;

    /// <summary>Gets all frames; there is at least one.</summary>
    public ReadOnlyMemory<byte>[] Frames { get; } = frames;

    /// <summary>Gets what decoding may spend.</summary>
    public DecodingBudget Budget { get; } = budget ?? new DecodingBudget(FrameLimits.Default.MaxExpandedBytes);

    /// <summary>Gets frame 0.</summary>
    public ReadOnlyMemory<byte> Body => Frames[0];

    /// <summary>Takes frames for one placeholder: Dask gives each of them frames of its own.</summary>
    /// <param name="first">The first frame.</param>
    /// <param name="count">How many.</param>
    /// <exception cref="DaskProtocolException">Another placeholder has one of them.</exception>
    public void Take(int first, int count)
    {
        _taken ??= new bool[Frames.Length];
        Span<bool> range = _taken.AsSpan(first, count);
        if (range.Contains(true))
        {
            throw new DaskProtocolException($"Two placeholders of a message point at the same frames ({first} to {first + count - 1}).");
        }

        range.Fill(true);
    }
}
