namespace DaskK8s.Dask.Arrays;

/// <summary>An array that is being read.</summary>
/// <param name="length">The bytes that must come.</param>
internal abstract class ArraySink(long length)
{
    private long _taken;

    /// <summary>Gets what the array is read as, once all bytes were taken.</summary>
    public abstract object Result { get; }

    /// <summary>Takes the next bytes: whole elements.</summary>
    /// <exception cref="InvalidCastException">More come than the shape holds.</exception>
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
    /// <exception cref="InvalidCastException">Fewer bytes came than the shape holds.</exception>
    public object End() => _taken == length ? Result : throw new InvalidCastException($"{_taken} bytes were received for an array whose shape holds {length}.");

    protected abstract void Take(long offset, ReadOnlySpan<byte> bytes);
}
