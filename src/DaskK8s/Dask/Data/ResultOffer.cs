using DaskK8s.Dask.Protocol;

using MessagePack;

namespace DaskK8s.Dask.Data;

/// <summary>A worker's description of a result that is not msgpack, or is too large for one message.</summary>
/// <param name="Bytes">The size in bytes.</param>
/// <param name="Pieces">The number of pieces; -1 where it is not known before the last one has come.</param>
/// <param name="Parts">The pieces of a small result; null if they must be fetched.</param>
/// <param name="DType">The element type of an array; null for a format.</param>
/// <param name="Shape">The shape of an array.</param>
internal sealed record ResultOffer(long Bytes, int Pieces, ReadOnlyMemory<byte>[]? Parts, string? DType, IReadOnlyList<long> Shape)
{
    /// <summary>Reads an offer.</summary>
    /// <exception cref="DaskProtocolException">The value is not an offer.</exception>
    public static ResultOffer Read(ref MessagePackReader reader)
    {
        (long bytes, long pieces, ReadOnlyMemory<byte>[]? parts, string? dtype) = (-1, -1, null, null);
        List<long> shape = [];
        for (int entries = reader.ReadMapHeader(); entries > 0; entries--)
        {
            switch (reader.ReadString())
            {
                case "bytes": bytes = reader.ReadInt64(); break;
                case "pieces": pieces = reader.ReadInt64(); break;
                case "dtype": dtype = reader.ReadString(); break;
                case "shape": shape.AddRange(Msgpack.ReadShape(ref reader)); break;
                case "parts":
                    List<ReadOnlyMemory<byte>> read = [];
                    for (int i = reader.ReadArrayHeader(); i > 0; i--)
                    {
                        // The message's own memory is used again for others.
                        read.Add(reader.ReadBytes() is { } part ? System.Buffers.BuffersExtensions.ToArray(part) : ReadOnlyMemory<byte>.Empty);
                    }

                    parts = [.. read];
                    break;
                default: reader.SkipValue(); break;
            }
        }

        return bytes >= 0 && pieces is >= -1 and <= int.MaxValue && (parts is null || parts.Length == pieces)
            ? new ResultOffer(bytes, (int)pieces, parts, dtype, shape)
            : throw new DaskProtocolException("A worker's offer of a result has an unexpected form.");
    }
}
