using System.Runtime.InteropServices;

namespace DaskK8s.Dask.Arrays;

/// <summary>A .NET array of any rank to send to Python.</summary>
internal sealed class PlainArray(Array array, ArrayElement element) : IShapedBytes
{
    public ArrayElement Element { get; } = element;

    public IReadOnlyList<int> Shape { get; } = [.. Enumerable.Range(0, array.Rank).Select(array.GetLength)];

    public long Length => array.LongLength * Element.Size;

    /// <summary>Returns a value as an array to send to Python; null if it is not an array.</summary>
    public static IShapedBytes? Of(object? value) => value switch
    {
        IShapedBytes shaped => shaped,
        Array array when ArrayElement.Of(array.GetType().GetElementType()!) is { } element => new PlainArray(array, element),
        _ => null,
    };

    public void Copy(long offset, Span<byte> target) => MemoryMarshal
        .CreateReadOnlySpan(ref System.Runtime.CompilerServices.Unsafe.AddByteOffset(ref MemoryMarshal.GetArrayDataReference(array), (nint)offset), target.Length)
        .CopyTo(target);
}
