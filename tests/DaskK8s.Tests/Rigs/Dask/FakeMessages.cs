using System.Buffers;

using DaskK8s.Dask.Protocol;

using MessagePack;

namespace DaskK8s.Tests.Rigs.Dask;

/// <summary>Makes messages as Dask sends them.</summary>
internal static class FakeMessages
{
    public static byte[] Frame(params byte[][] frames)
    {
        using MemoryStream stream = new();
        FrameCodec.WriteAsync(stream, [.. frames.Select(f => new ReadOnlyMemory<byte>(f))], default).AsTask().GetAwaiter().GetResult();
        return stream.ToArray();
    }

    public static byte[] Pack(object? value)
    {
        ArrayBufferWriter<byte> buffer = new();
        MessagePackWriter writer = new(buffer);
        writer.WriteValue(value);
        writer.Flush();
        return buffer.WrittenSpan.ToArray();
    }

    public static Dictionary<string, object?> Map(params (string Key, object? Value)[] entries) =>
        entries.ToDictionary(e => e.Key, e => e.Value);
}
