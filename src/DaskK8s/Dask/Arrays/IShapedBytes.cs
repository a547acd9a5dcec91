namespace DaskK8s.Dask.Arrays;

/// <summary>An array to send to Python.</summary>
internal interface IShapedBytes
{
    /// <summary>Gets the element type.</summary>
    ArrayElement Element { get; }

    /// <summary>Gets the length of each dimension.</summary>
    IReadOnlyList<int> Shape { get; }

    /// <summary>Gets the number of bytes.</summary>
    long Length { get; }

    /// <summary>Copies bytes; offset and length are multiples of the element size.</summary>
    void Copy(long offset, Span<byte> target);
}
