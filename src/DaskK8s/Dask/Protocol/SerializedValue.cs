using System.Buffers;
using System.Text;

using MessagePack;

namespace DaskK8s.Dask.Protocol;

/// <summary>A value that was sent as sub-frames (<c>distributed.protocol.serialize</c>); its header describes how to decode them.</summary>
internal sealed class SerializedValue(Dictionary<string, object?> header, ArraySegment<ReadOnlyMemory<byte>> frames, DecodingBudget budget)
{
    private const int MaxDepth = 64;
    // Bytes as they are (see transfers.py).
    private const string Raw = "daskk8s";

    /// <summary>Gets the header of bytes that are sent as a separate frame, without packing or copying.</summary>
    public static ReadOnlyMemory<byte> RawHeader { get; } = CreateRawHeader();

    /// <summary>Gets the name of the serializer: <c>msgpack</c>, <c>error</c>, <c>pickle</c>, <c>dask</c>.</summary>
    public string Serializer => header.TryGetValue("serializer", out object? name) && name is string text ? text : "none";

    /// <summary>Finds the value that a <c>__Serialized__</c> placeholder refers to.</summary>
    /// <param name="message">The message.</param>
    /// <param name="index">The index of the frame that holds the header.</param>
    /// <returns>The value, not yet decoded.</returns>
    /// <exception cref="DaskProtocolException">The placeholder does not refer to a header.</exception>
    public static SerializedValue At(DaskMessage message, long index)
    {
        if (index < 1 || index >= message.Frames.Length)
        {
            throw new DaskProtocolException($"A placeholder points at frame {index} of a message with {message.Frames.Length}.");
        }

        message.Take((int)index, 1);
        DaskMessage inner = new([message.Frames[index]], message.Budget);
        if (MsgpackTree.Decode(inner, FrameLimits.Default) is not Dictionary<string, object?> header
            || !header.TryGetValue("num-sub-frames", out object? number)
            || number is not long count || count < 0 || count > message.Frames.Length - index - 1)
        {
            throw new DaskProtocolException($"Frame {index} of a message is not the header of a serialized value, or it counts frames that are missing.");
        }

        message.Take((int)index + 1, (int)count);
        return new SerializedValue(header, new ArraySegment<ReadOnlyMemory<byte>>(message.Frames, (int)index + 1, (int)count), message.Budget);
    }

    /// <summary>Gets the budget for decoding the value.</summary>
    public DecodingBudget Budget => budget;

    /// <summary>Decodes the value.</summary>
    /// <returns>Plain values as <see cref="MsgpackTree"/> describes them.</returns>
    /// <exception cref="DaskProtocolException">The value has a format that only Python can read, or is malformed.</exception>
    public object? Open()
    {
        ReadOnlyMemory<byte>[] opened = SubFrames.Decompress(header, frames, budget);
        return Open(header, SubFrames.Merge(header, opened), budget, MaxDepth);
    }

    /// <summary>Returns a value that consists of bytes, without copying them.</summary>
    /// <returns>The bytes.</returns>
    /// <exception cref="DaskProtocolException">The value has another type, or is malformed.</exception>
    public ReadOnlyMemory<byte> OpenBytes()
    {
        if (Serializer == Raw)
        {
            return SubFrames.Join(frames);
        }

        if (Serializer != "msgpack" || header.ContainsKey("is-collection"))
        {
            return Open() as byte[] ?? throw new DaskProtocolException("A value is not bytes where bytes are expected.");
        }

        ReadOnlyMemory<byte> packed = SubFrames.Join(SubFrames.Merge(header, SubFrames.Decompress(header, frames, budget)));
        return Msgpack.Decode(new DaskMessage([packed], budget), (ref MessagePackReader reader, DaskMessage _) =>
            reader.ReadBytes() is { IsSingleSegment: true } bytes ? bytes.First : throw new DaskProtocolException("A value is not bytes where bytes are expected."));
    }

    private static ReadOnlyMemory<byte> CreateRawHeader()
    {
        ArrayBufferWriter<byte> buffer = new(64);
        MessagePackWriter writer = new(buffer);
        writer.WriteValue(new Dictionary<string, object?> { ["serializer"] = Raw, ["num-sub-frames"] = 1L });
        writer.Flush();
        return buffer.WrittenMemory;
    }

    private static object? Open(Dictionary<string, object?> header, ArraySegment<ReadOnlyMemory<byte>> frames, DecodingBudget budget, int depth)
    {
        if (depth < 0)
        {
            throw new DaskProtocolException("A serialized value nests collections deeper than is allowed.");
        }

        if (header.ContainsKey("is-collection"))
        {
            return OpenCollection(header, frames, budget, depth);
        }

        switch (header.TryGetValue("serializer", out object? name) ? name as string : null)
        {
            case "msgpack":
                return MsgpackTree.Decode(new DaskMessage([SubFrames.Join(frames)], budget), FrameLimits.Default);
            case "error":
                throw new DaskProtocolException(
                    "The scheduler could not write its answer in a form that this client reads: " +
                    Encoding.UTF8.GetString(SubFrames.Join(frames).Span).Trim());
            case { } other:
                throw new DaskProtocolException($"A value came in Dask's '{other}' form, which only Python can open.");
            default:
                throw new DaskProtocolException("A serialized value does not name its serializer.");
        }
    }

    private static object? OpenCollection(
        Dictionary<string, object?> header, ArraySegment<ReadOnlyMemory<byte>> frames, DecodingBudget budget, int depth)
    {
        if (header.GetValueOrDefault("sub-headers") is not object?[] headers
            || header.GetValueOrDefault("frame-lengths") is not object?[] lengths
            || headers.Length != lengths.Length)
        {
            throw new DaskProtocolException("The header of a serialized collection lacks its parts.");
        }

        List<object?> items = new(headers.Length);
        Dictionary<string, object?>? map =
            header.GetValueOrDefault("type-serialized") is "dict" ? new Dictionary<string, object?>(headers.Length) : null;
        int start = 0;
        for (int i = 0; i < headers.Length; i++)
        {
            if (headers[i] is not Dictionary<string, object?> inner || lengths[i] is not long length
                || length < 0 || length > frames.Count - start)
            {
                throw new DaskProtocolException("The header of a serialized collection does not fit its frames.");
            }

            object? item = Open(inner, frames.Slice(start, (int)length), budget, depth - 1);
            start += (int)length;
            if (map is null)
            {
                items.Add(item);
            }
            else
            {
                map[Convert.ToString(inner.GetValueOrDefault("key"), System.Globalization.CultureInfo.InvariantCulture) ?? "None"] = item;
            }
        }

        return map is null ? items.ToArray() : map;
    }
}
