namespace DaskK8s.Dask.Protocol;

/// <summary>A message of Dask's protocol: frame 0 is msgpack; its placeholders refer to the other frames.</summary>
/// <param name="frames">The frames; at least one.</param>
/// <param name="budget">The budget of the message that contained these frames; null to create one.</param>
internal sealed class DaskMessage(ReadOnlyMemory<byte>[] frames, DecodingBudget? budget = null)
{
    private bool[]? _taken;

    /// <summary>Gets all frames; there is at least one.</summary>
    public ReadOnlyMemory<byte>[] Frames { get; } = frames;

    /// <summary>Gets the budget for decoding.</summary>
    public DecodingBudget Budget { get; } = budget ?? new DecodingBudget(FrameLimits.Default.MaxExpandedBytes);

    /// <summary>Gets frame 0.</summary>
    public ReadOnlyMemory<byte> Body => Frames[0];

    /// <summary>Reserves frames for one placeholder; in Dask, placeholders do not share frames.</summary>
    /// <param name="first">The first frame.</param>
    /// <param name="count">The number of frames.</param>
    /// <exception cref="DaskProtocolException">Another placeholder uses one of them.</exception>
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
