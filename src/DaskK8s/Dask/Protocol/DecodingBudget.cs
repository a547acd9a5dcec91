namespace DaskK8s.Dask.Protocol;

/// <summary>The memory that one message may take beyond its own bytes while it is decoded, and the token that ends the decoding.</summary>
/// <remarks>
/// A few bytes can stand for many: an lz4 block for 255 times its size, a msgpack item of one byte for an object. All that grows is
/// counted here, before memory is spent on it.
/// </remarks>
/// <param name="limit">The bytes that may be spent.</param>
internal sealed class DecodingBudget(long limit)
{
    private const long CheckEvery = 1 << 20;

    private long _spent;
    private long _nextCheck = CheckEvery;

    /// <summary>Gets or sets the token that ends the decoding.</summary>
    public CancellationToken Token { get; set; }

    /// <summary>Takes bytes from the budget.</summary>
    /// <param name="bytes">The bytes that the next step takes.</param>
    /// <exception cref="DaskProtocolException">The budget is used up.</exception>
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
