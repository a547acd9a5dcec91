using System.Numerics;
using System.Runtime.InteropServices;

using DaskK8s.Dask.Arrays;

namespace DaskK8s;

/// <summary>An array with a shape, as in NumPy: an argument or the result of a task.</summary>
/// <remarks>It is sent as bytes; large arrays are sent in pieces. Workers need NumPy, which Dask's images include.</remarks>
/// <typeparam name="T">A .NET number type, <see cref="bool"/> or <see cref="Complex"/>.</typeparam>
public sealed class DaskArray<T> : IShapedBytes
    where T : unmanaged
{
    private readonly int[] _shape;

    /// <summary>Creates an array over values, without copying them.</summary>
    /// <param name="values">The values in row-major order (NumPy's C order): the last dimension is contiguous.</param>
    /// <param name="shape">The length of each dimension; empty for a one-dimensional array.</param>
    /// <exception cref="ArgumentException">The shape does not match the number of values, or NumPy has no such element type.</exception>
    public DaskArray(ReadOnlyMemory<T> values, params ReadOnlySpan<int> shape)
    {
        Values = values;
        _shape = shape.IsEmpty ? [values.Length] : shape.ToArray();
        if (_shape.Any(static length => length < 0) || _shape.Aggregate(1L, static (product, length) => product * length) != values.Length)
        {
            throw new ArgumentException($"The shape ({string.Join(", ", _shape)}) does not hold {values.Length} values.", nameof(shape));
        }

        Element = ArrayElement.Of(typeof(T)) ?? throw new ArgumentException($"NumPy has no element type for {typeof(T)}.");
    }

    /// <summary>Gets the values in row-major order: the last dimension is contiguous.</summary>
    public ReadOnlyMemory<T> Values { get; }

    /// <summary>Gets the length of each dimension.</summary>
    public IReadOnlyList<int> Shape => _shape;

    /// <summary>Gets a value.</summary>
    /// <param name="indexes">An index for each dimension.</param>
    /// <exception cref="ArgumentException">The number of indexes differs from the number of dimensions.</exception>
    /// <exception cref="ArgumentOutOfRangeException">An index is outside its dimension.</exception>
    public T this[params ReadOnlySpan<int> indexes]
    {
        get
        {
            if (indexes.Length != _shape.Length)
            {
                throw new ArgumentException($"The array has {_shape.Length} dimensions, not {indexes.Length}.", nameof(indexes));
            }

            int at = 0;
            for (int i = 0; i < indexes.Length; i++)
            {
                ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)indexes[i], (uint)_shape[i], nameof(indexes));
                at = (at * _shape[i]) + indexes[i];
            }

            return Values.Span[at];
        }
    }

    internal ArrayElement Element { get; }

    ArrayElement IShapedBytes.Element => Element;

    IReadOnlyList<int> IShapedBytes.Shape => _shape;

    long IShapedBytes.Length => (long)Values.Length * Element.Size;

    /// <summary>Returns the element type and the shape.</summary>
    /// <returns>The string.</returns>
    public override string ToString() => $"{typeof(T).Name}({string.Join(", ", _shape)})";

    void IShapedBytes.Copy(long offset, Span<byte> target)
    {
        // Offsets are multiples of an element's size: pieces are.
        int first = (int)(offset / Element.Size);
        MemoryMarshal.AsBytes(Values.Span.Slice(first, target.Length / Element.Size)).CopyTo(target);
    }
}
