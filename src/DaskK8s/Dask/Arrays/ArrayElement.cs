using System.Numerics;

namespace DaskK8s.Dask.Arrays;

/// <summary>An element type that both NumPy and .NET support.</summary>
/// <param name="dtype">NumPy's name for the type, without the byte order, which is little-endian.</param>
/// <param name="size">The size in bytes.</param>
internal abstract class ArrayElement(string dtype, int size)
{
    private static readonly ArrayElement[] All =
    [
        new ArrayElement<double>("f8", ArrayConversion.To<double>),
        new ArrayElement<float>("f4", ArrayConversion.To<float>),
        new ArrayElement<Half>("f2", ArrayConversion.To<Half>),
        new ArrayElement<long>("i8", ArrayConversion.To<long>),
        new ArrayElement<int>("i4", ArrayConversion.To<int>),
        new ArrayElement<short>("i2", ArrayConversion.To<short>),
        new ArrayElement<sbyte>("i1", ArrayConversion.To<sbyte>),
        new ArrayElement<ulong>("u8", ArrayConversion.To<ulong>),
        new ArrayElement<uint>("u4", ArrayConversion.To<uint>),
        new ArrayElement<ushort>("u2", ArrayConversion.To<ushort>),
        new ArrayElement<byte>("u1", ArrayConversion.To<byte>),
        new ArrayElement<bool>("b1", ArrayConversion.Refuse),
        new ArrayElement<Complex>("c16", ArrayConversion.To<Complex>),
    ];

    private static readonly Dictionary<Type, (ArrayElement Element, ArrayForm Form)> Forms = All
        .SelectMany(static element => element.Types.Select(type => (element, type)))
        .ToDictionary(static pair => pair.type.Type, static pair => (pair.element, pair.type.Form));

    /// <summary>Gets NumPy's name for the type.</summary>
    public string DType { get; } = dtype;

    /// <summary>Gets the size in bytes.</summary>
    public int Size { get; } = size;

    /// <summary>Gets the type.</summary>
    public abstract Type Type { get; }

    /// <summary>Gets the array types with these elements.</summary>
    protected abstract IEnumerable<(Type Type, ArrayForm Form)> Types { get; }

    /// <summary>Finds an element type.</summary>
    public static ArrayElement? Of(Type element) => Array.Find(All, e => e.Type == element);

    /// <summary>Finds an element type by its NumPy name.</summary>
    /// <exception cref="InvalidCastException">The element type is not supported.</exception>
    public static ArrayElement Of(string dtype) =>
        Array.Find(All, e => e.DType == dtype) ?? throw new InvalidCastException($".NET has no element type for NumPy's '{dtype}'.");

    /// <summary>Determines whether a type can be read from an array.</summary>
    public static bool IsArray(Type type) => Forms.ContainsKey(type);

    /// <summary>Starts reading an array.</summary>
    /// <param name="type">The type to read it as; object stands for a <see cref="DaskArray{T}"/> of the array's own element type.</param>
    /// <param name="dtype">The element type of the received array.</param>
    /// <param name="shape">The shape of the received array.</param>
    /// <exception cref="InvalidCastException">The array cannot be read as the type.</exception>
    public static ArraySink Begin(Type type, string dtype, IReadOnlyList<long> shape)
    {
        ArrayElement source = Of(dtype);
        (ArrayElement element, ArrayForm form) = Forms.TryGetValue(type, out (ArrayElement, ArrayForm) found) ? found
            : type == typeof(object) ? (source, ArrayForm.Shaped)
            : throw new InvalidCastException($"An array cannot be read as {type}.");
        long count = 1;
        foreach (long length in shape)
        {
            if (length < 0 || (count *= length) > Array.MaxLength)
            {
                throw new InvalidCastException($"An array of shape ({string.Join(", ", shape)}) is larger than a .NET array can be. Fetch it in slices.");
            }
        }

        int rank = form switch
        {
            ArrayForm.Two => 2,
            ArrayForm.Three => 3,
            ArrayForm.Shaped => shape.Count,
            _ => 1,
        };
        return shape.Count == rank
            ? element.NewSink(source, form, [.. shape.Select(static l => (int)l)], (int)count)
            : throw new InvalidCastException($"An array of shape ({string.Join(", ", shape)}) has {shape.Count} dimensions: read it as a DaskArray<{element.Type.Name}>.");
    }

    /// <summary>Reads one element.</summary>
    public abstract object Read(ReadOnlySpan<byte> bytes);

    protected abstract ArraySink NewSink(ArrayElement source, ArrayForm form, int[] shape, int count);
}

/// <summary>The .NET form that an array is read as.</summary>
internal enum ArrayForm
{
    /// <summary>A one-dimensional array.</summary>
    One,

    /// <summary>A two-dimensional array.</summary>
    Two,

    /// <summary>A three-dimensional array.</summary>
    Three,

    /// <summary>One-dimensional memory.</summary>
    Memory,

    /// <summary>One-dimensional read-only memory.</summary>
    ReadOnlyMemory,

    /// <summary>An array with its shape.</summary>
    Shaped,
}
