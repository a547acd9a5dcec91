using System.Buffers.Binary;

namespace DaskK8s.Dask.Protocol;

/// <summary>Reads and writes the frames of Dask's TCP protocol (<c>distributed/comm/tcp.py</c>).</summary>
/// <remarks>
/// A message is <c>[outer length][n][n lengths][n frames]</c>, all integers unsigned 64-bit little-endian. The outer length is
/// ignored when reading: since 2023.11 a scheduler may send one that is smaller than the message.
/// </remarks>
internal static class FrameCodec
{
    private const int SegmentBytes = 1 << 20;

    /// <summary>Reads one message.</summary>
    /// <param name="stream">The stream to read from.</param>
    /// <param name="limits">The limits of messages.</param>
    /// <param name="cancellationToken">Cancels the wait for bytes.</param>
    /// <returns>The message.</returns>
    /// <exception cref="DaskProtocolException">The lengths are invalid or exceed a limit.</exception>
    /// <exception cref="EndOfStreamException">The stream ended before the message did.</exception>
    public static async ValueTask<DaskMessage> ReadAsync(Stream stream, FrameLimits limits, CancellationToken cancellationToken)
    {
        byte[] prelude = new byte[16];
        await stream.ReadExactlyAsync(prelude, cancellationToken).ConfigureAwait(false);
        ulong count = BinaryPrimitives.ReadUInt64LittleEndian(prelude.AsSpan(8));
        if (count == 0 || count > (ulong)limits.MaxFrames)
        {
            throw new DaskProtocolException(
                $"A message claims {count} frames, where 1 to {limits.MaxFrames} are allowed. The port may not be a Dask scheduler's, or it may speak TLS.");
        }

        long[] lengths = await ReadLengthsAsync(stream, (int)count, limits, cancellationToken).ConfigureAwait(false);
        return new DaskMessage(await ReadFramesAsync(stream, lengths, cancellationToken).ConfigureAwait(false));
    }

    /// <summary>Writes one message.</summary>
    /// <param name="stream">The stream to write to.</param>
    /// <param name="frames">The frames; the first is msgpack.</param>
    /// <param name="cancellationToken">Cancels the wait for the peer to accept the bytes; the stream is unusable afterwards.</param>
    /// <returns>A task that completes when the bytes are written.</returns>
    public static async ValueTask WriteAsync(
        Stream stream, IReadOnlyList<ReadOnlyMemory<byte>> frames, CancellationToken cancellationToken)
    {
        byte[] prelude = new byte[16 + (8 * frames.Count)];
        long total = 8 * (1 + frames.Count);
        for (int i = 0; i < frames.Count; i++)
        {
            BinaryPrimitives.WriteInt64LittleEndian(prelude.AsSpan(16 + (8 * i)), frames[i].Length);
            total += frames[i].Length;
        }

        BinaryPrimitives.WriteInt64LittleEndian(prelude, total);
        BinaryPrimitives.WriteInt64LittleEndian(prelude.AsSpan(8), frames.Count);
        if (total <= 64 * 1024)
        {
            // One write, one packet: a small request over a tunnel is one frame of its WebSocket.
            byte[] whole = new byte[8 + total];
            prelude.CopyTo(whole, 0);
            int offset = prelude.Length;
            foreach (ReadOnlyMemory<byte> frame in frames)
            {
                frame.CopyTo(whole.AsMemory(offset));
                offset += frame.Length;
            }

            await stream.WriteAsync(whole, cancellationToken).ConfigureAwait(false);
        }
        else
        {
            await stream.WriteAsync(prelude, cancellationToken).ConfigureAwait(false);
            foreach (ReadOnlyMemory<byte> frame in frames)
            {
                await stream.WriteAsync(frame, cancellationToken).ConfigureAwait(false);
            }
        }

        await stream.FlushAsync(cancellationToken).ConfigureAwait(false);
    }

    private static async ValueTask<long[]> ReadLengthsAsync(
        Stream stream, int count, FrameLimits limits, CancellationToken cancellationToken)
    {
        long[] lengths = new long[Math.Min(count, 4096)];
        byte[] bytes = new byte[Math.Min(count, 4096) * 8];
        long total = 0;
        for (int read = 0; read < count;)
        {
            int batch = Math.Min(count - read, bytes.Length / 8);
            await stream.ReadExactlyAsync(bytes.AsMemory(0, batch * 8), cancellationToken).ConfigureAwait(false);
            if (lengths.Length < read + batch)
            {
                // Grown only as the lengths really arrive: a claim costs nothing.
                Array.Resize(ref lengths, Math.Min(count, lengths.Length * 2));
            }

            for (int i = 0; i < batch; i++)
            {
                ulong length = BinaryPrimitives.ReadUInt64LittleEndian(bytes.AsSpan(8 * i));
                if (length > (ulong)limits.MaxFrameBytes || (total += (long)length) > limits.MaxMessageBytes)
                {
                    throw new DaskProtocolException(
                        $"Frame {read + i} of a message claims {length} bytes; {limits.MaxFrameBytes} are allowed for a frame and " +
                        $"{limits.MaxMessageBytes} for a message.");
                }

                lengths[read + i] = (long)length;
            }

            read += batch;
        }

        return lengths;
    }

    private static async ValueTask<ReadOnlyMemory<byte>[]> ReadFramesAsync(
        Stream stream, long[] lengths, CancellationToken cancellationToken)
    {
        List<ReadOnlyMemory<byte>> frames = new(Math.Min(lengths.Length, 4096));
        for (int first = 0; first < lengths.Length;)
        {
            // Many small frames share one buffer and one read.
            int next = first;
            long sum = 0;
            while (next < lengths.Length && (next == first || sum + lengths[next] <= SegmentBytes))
            {
                sum += lengths[next++];
            }

            byte[] segment = await ReadSegmentAsync(stream, (int)sum, cancellationToken).ConfigureAwait(false);
            for (int offset = 0; first < next; offset += (int)lengths[first++])
            {
                frames.Add(segment.AsMemory(offset, (int)lengths[first]));
            }
        }

        return [.. frames];
    }

    private static async ValueTask<byte[]> ReadSegmentAsync(Stream stream, int length, CancellationToken cancellationToken)
    {
        byte[] buffer = GC.AllocateUninitializedArray<byte>(Math.Min(length, SegmentBytes));
        for (int read = 0; read < length;)
        {
            if (read == buffer.Length)
            {
                // A claim costs a small multiple of what came, and what is not claimed falsely is seldom copied.
                byte[] grown = GC.AllocateUninitializedArray<byte>((int)Math.Min(length, buffer.Length * 16L));
                buffer.CopyTo(grown, 0);
                buffer = grown;
            }

            await stream.ReadExactlyAsync(buffer.AsMemory(read), cancellationToken).ConfigureAwait(false);
            read = buffer.Length;
        }

        return buffer;
    }
}
