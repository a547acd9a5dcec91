using System.Buffers.Binary;
using System.Text;

namespace DaskK8s.PortForwarding.Spdy;

/// <summary>Writes SPDY/3.1 frames into the caller's memory.</summary>
/// <remarks>
/// Source: SPDY Protocol draft 3.1. Header blocks are zlib in stored blocks, each followed by an empty one, which a server's
/// inflater treats as a flush; neither a compressor nor the preset dictionary is needed (seen on 1.20.2 and 1.36.2).
/// </remarks>
internal static class SpdyEncoder
{
    /// <summary>The size of a frame's header.</summary>
    public const int HeaderSize = 8;

    /// <summary>The maximum size of a reset, a ping or a go-away.</summary>
    public const int ShortFrameSize = 16;

    /// <summary>The frame ends the sender's side of the stream.</summary>
    private const uint FlagFin = 0x0100_0000;

    private const int SynStreamFields = 10;

    /// <summary>Writes the header of a data frame.</summary>
    /// <param name="output">The buffer for the header.</param>
    /// <param name="streamId">The stream.</param>
    /// <param name="length">The number of bytes that follow; less than 16 MiB.</param>
    /// <param name="fin">Whether it is the last frame of the stream.</param>
    public static void WriteDataHeader(Span<byte> output, int streamId, int length, bool fin)
    {
        BinaryPrimitives.WriteInt32BigEndian(output, streamId);
        BinaryPrimitives.WriteUInt32BigEndian(output[4..], (uint)length | (fin ? FlagFin : 0));
    }

    /// <summary>Writes a frame that opens a stream.</summary>
    /// <param name="output">The buffer for the frame.</param>
    /// <param name="streamId">The new stream.</param>
    /// <param name="fin">Whether our side of it ends immediately.</param>
    /// <param name="first">Whether this is the session's first header block, which starts the zlib stream.</param>
    /// <param name="headers">The headers; names in lowercase, all ASCII.</param>
    /// <returns>The number of bytes written.</returns>
    public static int WriteSynStream(
        Span<byte> output, int streamId, bool fin, bool first, ReadOnlySpan<(string Name, string Value)> headers)
    {
        Span<byte> payload = output[HeaderSize..];
        BinaryPrimitives.WriteInt32BigEndian(payload, streamId);
        payload[4..SynStreamFields].Clear();
        int length = SynStreamFields;
        if (first)
        {
            // zlib: deflate with a window of 32 KiB, no dictionary.
            payload[length++] = 0x78;
            payload[length++] = 0x01;
        }

        int block = WriteNameValues(payload[(length + 5)..], headers);
        payload[length] = 0;
        BinaryPrimitives.WriteUInt16LittleEndian(payload[(length + 1)..], (ushort)block);
        BinaryPrimitives.WriteUInt16LittleEndian(payload[(length + 3)..], (ushort)~block);
        length += 5 + block;
        ReadOnlySpan<byte> flush = [0x00, 0x00, 0x00, 0xFF, 0xFF];
        flush.CopyTo(payload[length..]);
        length += flush.Length;
        WriteControlHeader(output, SpdyFrameType.SynStream, length, fin);
        return HeaderSize + length;
    }

    /// <summary>Writes a frame that ends a stream in both directions.</summary>
    /// <param name="output">A buffer of <see cref="ShortFrameSize"/> bytes.</param>
    /// <param name="streamId">The stream.</param>
    /// <param name="status">The reason.</param>
    /// <returns>The number of bytes written.</returns>
    public static int WriteReset(Span<byte> output, int streamId, int status) => WritePair(output, SpdyFrameType.RstStream, streamId, status);

    /// <summary>Writes a frame that announces that no new streams are accepted.</summary>
    /// <param name="output">A buffer of <see cref="ShortFrameSize"/> bytes.</param>
    /// <param name="lastStreamId">The peer's last stream that was served.</param>
    /// <returns>The number of bytes written.</returns>
    public static int WriteGoAway(Span<byte> output, int lastStreamId) => WritePair(output, SpdyFrameType.GoAway, lastStreamId, 0);

    /// <summary>Writes a ping, or the reply to one.</summary>
    /// <param name="output">A buffer of <see cref="ShortFrameSize"/> bytes.</param>
    /// <param name="id">The ping's ID: odd if sent by the client, even if sent by the server.</param>
    /// <returns>The number of bytes written.</returns>
    public static int WritePing(Span<byte> output, int id)
    {
        WriteControlHeader(output, SpdyFrameType.Ping, 4, fin: false);
        BinaryPrimitives.WriteInt32BigEndian(output[HeaderSize..], id);
        return HeaderSize + 4;
    }

    private static int WritePair(Span<byte> output, SpdyFrameType type, int first, int second)
    {
        WriteControlHeader(output, type, 8, fin: false);
        BinaryPrimitives.WriteInt32BigEndian(output[HeaderSize..], first);
        BinaryPrimitives.WriteInt32BigEndian(output[(HeaderSize + 4)..], second);
        return HeaderSize + 8;
    }

    private static void WriteControlHeader(Span<byte> output, SpdyFrameType type, int length, bool fin)
    {
        BinaryPrimitives.WriteUInt32BigEndian(output, 0x8003_0000 | (uint)type);
        BinaryPrimitives.WriteUInt32BigEndian(output[4..], (uint)length | (fin ? FlagFin : 0));
    }

    private static int WriteNameValues(Span<byte> output, ReadOnlySpan<(string Name, string Value)> headers)
    {
        BinaryPrimitives.WriteInt32BigEndian(output, headers.Length);
        int length = 4;
        foreach ((string name, string value) in headers)
        {
            length += WriteText(output[length..], name);
            length += WriteText(output[length..], value);
        }

        return length;
    }

    private static int WriteText(Span<byte> output, string text)
    {
        int length = Encoding.ASCII.GetBytes(text, output[4..]);
        BinaryPrimitives.WriteInt32BigEndian(output, length);
        return 4 + length;
    }
}
