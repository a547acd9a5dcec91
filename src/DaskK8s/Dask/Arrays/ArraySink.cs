namespace DaskK8s.Dask.Arrays;

/// <summary>An array that is being read.</summary>
/// <param name="length">The expected number of bytes.</param>
internal abstract class ArraySink(long length)
{
    private long _taken;

    /// <summary>Gets the array that was read, once all bytes were received.</summary>
    public abstract object Result { get; }

    /// <summary>Adds the next bytes, which must be whole elements.</summary>
    /// <exception cref="InvalidCastException">There are more bytes than the shape holds.</exception>
    public void Take(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length > length - _taken)
        {
            throw new InvalidCastException("More bytes were received than the array's shape holds.");
        }

        Take(_taken, bytes);
        _taken += bytes.Length;
    }

    /// <summary>Returns the array.</summary>
    /// <exception cref="InvalidCastException">There are fewer bytes than the shape holds.</exception>
    public object End() => _taken == length ? Result : throw new InvalidCastException($"{_taken} bytes were received for an array whose shape holds {length}.");

    protected abstract void Take(long offset, ReadOnlySpan<byte> bytes);
}
