using System.Numerics;
using System.Runtime.InteropServices;

namespace DaskK8s.Dask.Arrays;

/// <summary>Converts array elements without losing values: integers to any type that can hold them, floats to floats.</summary>
internal static class ArrayConversion
{
    /// <summary>Converts to numbers.</summary>
    /// <exception cref="OverflowException">A value is outside the type's range.</exception>
    /// <exception cref="InvalidCastException">The elements cannot be converted.</exception>
    public static void To<T>(string dtype, ReadOnlySpan<byte> source, Span<byte> target)
        where T : unmanaged, INumberBase<T>
    {
        Span<T> to = MemoryMarshal.Cast<byte, T>(target);
        bool whole = T.CreateSaturating(0.5) == T.Zero;
        switch (dtype)
        {
            case "f8" when !whole: Each<double, T>(source, to); break;
            case "f4" when !whole: Each<float, T>(source, to); break;
            case "f2" when !whole: Each<Half, T>(source, to); break;
            case "i8": Each<long, T>(source, to); break;
            case "i4": Each<int, T>(source, to); break;
            case "i2": Each<short, T>(source, to); break;
            case "i1": Each<sbyte, T>(source, to); break;
            case "u8": Each<ulong, T>(source, to); break;
            case "u4": Each<uint, T>(source, to); break;
            case "u2": Each<ushort, T>(source, to); break;
            case "u1": Each<byte, T>(source, to); break;
            default: Refuse<T>(dtype); break;
        }
    }

    /// <summary>Rejects every conversion.</summary>
    public static void Refuse(string dtype, ReadOnlySpan<byte> source, Span<byte> target) => Refuse<bool>(dtype);

    private static void Refuse<T>(string dtype) => throw new InvalidCastException($"NumPy's '{dtype}' is not converted to {typeof(T)}: convert it in Python.");

    private static void Each<TFrom, TTo>(ReadOnlySpan<byte> source, Span<TTo> to)
        where TFrom : unmanaged, INumberBase<TFrom>
        where TTo : unmanaged, INumberBase<TTo>
    {
        ReadOnlySpan<TFrom> from = MemoryMarshal.Cast<byte, TFrom>(source);
        for (int i = 0; i < from.Length; i++)
        {
            to[i] = TTo.CreateChecked(from[i]);
        }
    }
}
