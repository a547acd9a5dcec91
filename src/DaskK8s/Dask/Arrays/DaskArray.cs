using System.Numerics;
using System.Runtime.InteropServices;

using DaskK8s.Dask.Arrays;

namespace DaskK8s;

/// <summary>An array with a shape, as NumPy has it: an argument or the result of a task.</summary>
/// <remarks>It travels as bytes, large ones in pieces. Workers need NumPy, which comes with Dask's images.</remarks>
/// <typeparam name="T">A number type of .NET, <see cref="bool"/> or <see cref="Complex"/>.</typeparam>
public sealed class DaskArray<T> : IShapedBytes
    where T : unmanaged
{
    private readonly int[] _shape;

    /// <summary>Creates an array over values, without a copy.</summary>
    /// <param name="values">The values, the last dimension's next to each other (row-major, NumPy's C order).</param>
    /// <param name="shape">The length of each dimension; none for one dimension.</param>
    /// <exception cref="ArgumentException">The shape does not hold that many values, or NumPy has no such element type.</exception>
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

    /// <summary>Gets the values, the last dimension's next to each other.</summary>
    public ReadOnlyMemory<T> Values { get; }

    /// <summary>Gets the length of each dimension.</summary>
    public IReadOnlyList<int> Shape => _shape;

    /// <summary>Gets one value.</summary>
    /// <param name="indexes">An index for each dimension.</param>
    /// <exception cref="ArgumentException">There are more or fewer indexes than dimensions.</exception>
    /// <exception cref="ArgumentOutOfRangeException">An index is past its dimension.</exception>
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
    /// <returns>The text.</returns>
    public override string ToString() => $"{typeof(T).Name}({string.Join(", ", _shape)})";

    void IShapedBytes.Copy(long offset, Span<byte> target)
    {
        // Offsets are multiples of an element's size: pieces are.
        int first = (int)(offset / Element.Size);
        MemoryMarshal.AsBytes(Values.Span.Slice(first, target.Length / Element.Size)).CopyTo(target);
    }
}
