using System.Buffers.Binary;

using K4os.Compression.LZ4;

namespace DaskK8s.Dask.Protocol;

/// <summary>Reverses Dask's processing of the frames of a serialized value: compression, and splitting into shards of 64 MiB.</summary>
internal static class SubFrames
{
    /// <summary>Decompresses the frames as specified by the header's <c>compression</c>.</summary>
    /// <remarks>
    /// The handshake does not negotiate compression, but frames that a worker compressed for the scheduler are forwarded
    /// unchanged. python-lz4 writes the decompressed size before its block, as a 4-byte little-endian integer.
    /// </remarks>
    /// <param name="header">The value's header.</param>
    /// <param name="frames">The frames as received.</param>
    /// <param name="budget">The budget for the expansion.</param>
    /// <returns>The decompressed frames.</returns>
    /// <exception cref="DaskProtocolException">A frame uses a compression other than lz4, or is malformed.</exception>
    public static ReadOnlyMemory<byte>[] Decompress(
        Dictionary<string, object?> header, ArraySegment<ReadOnlyMemory<byte>> frames, DecodingBudget budget)
    {
        ReadOnlyMemory<byte>[] plain = [.. frames];
        if (header.GetValueOrDefault("compression") is object?[] names)
        {
            for (int i = 0; i < Math.Min(names.Length, plain.Length); i++)
            {
                plain[i] = names[i] switch
                {
                    null => plain[i],
                    "lz4" => DecompressLz4(plain[i].Span, budget),
                    _ => throw new DaskProtocolException(
                        $"A frame is compressed with '{names[i]}', which this client does not read: set distributed.comm.compression to lz4 or null on the workers."),
                };
            }
        }

        return plain;
    }

    /// <summary>Joins the shards of each frame.</summary>
    /// <param name="header">The value's header.</param>
    /// <param name="frames">The decompressed frames.</param>
    /// <returns>The frames that the serializer created.</returns>
    /// <exception cref="DaskProtocolException">The header does not match the frames.</exception>
    public static ArraySegment<ReadOnlyMemory<byte>> Merge(Dictionary<string, object?> header, ReadOnlyMemory<byte>[] frames)
    {
        if (header.GetValueOrDefault("split-num-sub-frames") is not object?[] counts
            || header.GetValueOrDefault("split-offsets") is not object?[] offsets)
        {
            return frames;
        }

        List<ReadOnlyMemory<byte>> merged = new(Math.Min(counts.Length, frames.Length));
        long next = 0;
        for (int i = 0; i < Math.Min(counts.Length, offsets.Length); i++)
        {
            // Frames that came once are used once: ranges that overlap would make much of little.
            if (counts[i] is not long count || offsets[i] is not long offset
                || count < 0 || offset < next || offset > frames.Length || count > frames.Length - offset)
            {
                throw new DaskProtocolException("The header of a serialized value refers to frames that were not received, or were received only once.");
            }

            next = offset + count;
            merged.Add(Join(new ArraySegment<ReadOnlyMemory<byte>>(frames, (int)offset, (int)count)));
        }

        return merged.ToArray();
    }

    /// <summary>Concatenates frames.</summary>
    /// <param name="frames">The frames.</param>
    /// <returns>The bytes; a single frame is returned without copying it.</returns>
    public static ReadOnlyMemory<byte> Join(ArraySegment<ReadOnlyMemory<byte>> frames)
    {
        if (frames.Count == 1)
        {
            return frames[0];
        }

        long length = 0;
        foreach (ReadOnlyMemory<byte> frame in frames)
        {
            length += frame.Length;
        }

        if (length > Array.MaxLength)
        {
            throw new DaskProtocolException($"A value of {length} bytes is larger than this process can hold in one piece.");
        }

        byte[] joined = new byte[length];
        int offset = 0;
        foreach (ReadOnlyMemory<byte> frame in frames)
        {
            frame.CopyTo(joined.AsMemory(offset));
            offset += frame.Length;
        }

        return joined;
    }

    private static byte[] DecompressLz4(ReadOnlySpan<byte> frame, DecodingBudget budget)
    {
        int size = frame.Length >= 4 ? BinaryPrimitives.ReadInt32LittleEndian(frame) : -1;
        // A byte of an lz4 block stands for 255 bytes at most: a larger claim is a lie that would cost memory.
        if (size < 0 || size > 255L * frame.Length)
        {
            throw new DaskProtocolException("A frame compressed with lz4 claims a size that its block cannot hold.");
        }

        budget.Spend(size);
        byte[] plain = new byte[size];
        int decoded = LZ4Codec.Decode(frame[4..], plain);
        return decoded == size ? plain : throw new DaskProtocolException("A frame compressed with lz4 is damaged.");
    }
}
