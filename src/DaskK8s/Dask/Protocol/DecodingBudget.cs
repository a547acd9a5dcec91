namespace DaskK8s.Dask.Protocol;

/// <summary>The memory that decoding a message may use in addition to its own bytes, and the token that cancels the decoding.</summary>
/// <remarks>
/// A few bytes can expand to many: an lz4 block to 255 times its size, a msgpack item of one byte to an object. Every expansion is
/// counted here before memory is allocated for it.
/// </remarks>
/// <param name="limit">The number of bytes that may be used.</param>
internal sealed class DecodingBudget(long limit)
{
    private const long CheckEvery = 1 << 20;

    private long _spent;
    private long _nextCheck = CheckEvery;

    /// <summary>Gets or sets the token that cancels the decoding.</summary>
    public CancellationToken Token { get; set; }

    /// <summary>Subtracts bytes from the budget.</summary>
    /// <param name="bytes">The number of bytes that the next step uses.</param>
    /// <exception cref="DaskProtocolException">The budget is exhausted.</exception>
    /// <exception cref="OperationCanceledException">The token is cancelled.</exception>
    public void Spend(long bytes)
    {
        _spent += bytes;
        if (_spent > limit)
        {
            throw new DaskProtocolException(
                $"A message expands to more than the {limit >> 20} MiB that are allowed beyond its own size. " +
                "If it is a result, fetch it in parts: fewer futures at a time, or slices of a large one.");
        }

        if (_spent > _nextCheck)
        {
            _nextCheck = _spent + CheckEvery;
            Token.ThrowIfCancellationRequested();
        }
    }
}
