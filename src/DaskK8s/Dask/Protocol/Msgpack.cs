using System.Collections;
using System.Globalization;
using System.Text;

using DaskK8s.Dask.Arrays;

using MessagePack;

namespace DaskK8s.Dask.Protocol;

/// <summary>Decodes a message with a reader that is positioned at the start of its frame 0.</summary>
/// <typeparam name="T">The type of the decoded value.</typeparam>
/// <param name="reader">The reader.</param>
/// <param name="message">The message, for the frames that placeholders refer to.</param>
/// <returns>The decoded value.</returns>
internal delegate T MessageDecoder<out T>(ref MessagePackReader reader, DaskMessage message);

/// <summary>The shared parts of message decoders and encoders: one exception type for malformed bytes, and plain values.</summary>
internal static class Msgpack
{
    private const sbyte DecimalCode = 1;
    private const sbyte ArrayCode = 2;

    /// <summary>Runs a decoder; any exception of the package for malformed bytes is converted to one documented exception.</summary>
    /// <typeparam name="T">The type of the decoded value.</typeparam>
    /// <param name="message">The message.</param>
    /// <param name="decoder">The decoder.</param>
    /// <returns>The decoded value.</returns>
    /// <exception cref="DaskProtocolException">The bytes are not in the form that the decoder expects.</exception>
    public static T Decode<T>(DaskMessage message, MessageDecoder<T> decoder)
    {
        MessagePackReader reader = new(message.Body);
        try
        {
            return decoder(ref reader, message);
        }
        catch (Exception e) when (e is MessagePackSerializationException or EndOfStreamException or OverflowException
            or InvalidOperationException or FormatException or DecoderFallbackException or ArgumentException or System.Text.Json.JsonException)
        {
            throw new DaskProtocolException($"A message could not be decoded: {e.Message}", e);
        }
    }

    /// <summary>Skips one value of any depth.</summary>
    /// <param name="reader">The reader.</param>
    public static void SkipValue(this ref MessagePackReader reader)
    {
        // Messages are made of single-segment memory: the sequence's first span is all of it.
        ReadOnlySpan<byte> rest = reader.Sequence.Slice(reader.Position).FirstSpan;
        int end = MsgpackSkip.Skip(rest, 0);
        reader = new MessagePackReader(reader.Sequence.Slice(reader.Sequence.GetPosition(end, reader.Position)));
    }

    /// <summary>Reads a number of any width as a double; nil is 0.</summary>
    /// <param name="reader">The reader.</param>
    /// <returns>The number.</returns>
    public static double ReadNumber(this ref MessagePackReader reader) => reader.NextMessagePackType switch
    {
        MessagePackType.Nil => reader.TryReadNil() ? 0 : 0,
        MessagePackType.Integer => reader.NextCode == MessagePackCode.UInt64 ? reader.ReadUInt64() : reader.ReadInt64(),
        _ => reader.ReadDouble(),
    };

    /// <summary>Reads a number of any width as an integer, clamped to the range of the type; nil is 0.</summary>
    /// <param name="reader">The reader.</param>
    /// <returns>The number.</returns>
    public static long ReadInteger(this ref MessagePackReader reader)
    {
        if (reader.NextMessagePackType == MessagePackType.Integer)
        {
            return reader.NextCode == MessagePackCode.UInt64 ? (long)Math.Min(reader.ReadUInt64(), long.MaxValue) : reader.ReadInt64();
        }

        return reader.ReadNumber() switch
        {
            double.NaN => 0,
            >= long.MaxValue => long.MaxValue,
            <= long.MinValue => long.MinValue,
            double number => (long)number,
        };
    }

    /// <summary>Reads a value as a string: strings unchanged, numbers in invariant format, nil as null.</summary>
    /// <param name="reader">The reader.</param>
    /// <returns>The string.</returns>
    public static string? ReadText(this ref MessagePackReader reader)
    {
        switch (reader.NextMessagePackType)
        {
            case MessagePackType.String:
                return reader.ReadString();
            case MessagePackType.Integer:
                // A worker started with --name 3 is named by the number 3.
                return reader.NextCode == MessagePackCode.UInt64
                    ? reader.ReadUInt64().ToString(CultureInfo.InvariantCulture)
                    : reader.ReadInt64().ToString(CultureInfo.InvariantCulture);
            case MessagePackType.Float:
                return reader.ReadDouble().ToString(CultureInfo.InvariantCulture);
            case MessagePackType.Boolean:
                return reader.ReadBoolean() ? "True" : "False";
            default:
                reader.SkipValue();
                return null;
        }
    }

    /// <summary>Writes a plain value: null, booleans, numbers, strings, bytes, maps and sequences of these.</summary>
    /// <param name="writer">The writer.</param>
    /// <param name="value">The value.</param>
    /// <exception cref="ArgumentException">The value has another type.</exception>
    public static void WriteValue(this ref MessagePackWriter writer, object? value)
    {
        switch (value)
        {
            case null: writer.WriteNil(); break;
            case bool v: writer.Write(v); break;
            case int v: writer.Write(v); break;
            case long v: writer.Write(v); break;
            case ulong v: writer.Write(v); break;
            case double v: writer.Write(v); break;
            case string v: writer.Write(v); break;
            case byte[] v: writer.Write(v.AsSpan()); break;
            case ReadOnlyMemory<byte> v: writer.Write(v.Span); break;
            case IReadOnlyDictionary<string, object?> map:
                writer.WriteMapHeader(map.Count);
                foreach ((string key, object? item) in map)
                {
                    writer.Write(key);
                    writer.WriteValue(item);
                }

                break;
            case ICollection list:
                writer.WriteArrayHeader(list.Count);
                foreach (object? item in list)
                {
                    writer.WriteValue(item);
                }

                break;
            default:
                throw new ArgumentException($"A {value.GetType()} cannot be sent in a message.", nameof(value));
        }
    }

    /// <summary>Determines whether the next value is a NumPy array.</summary>
    public static bool IsArrayNext(this ref MessagePackReader reader)
    {
        try
        {
            return reader.NextMessagePackType == MessagePackType.Extension && reader.CreatePeekReader().ReadExtensionFormatHeader().TypeCode == ArrayCode;
        }
        catch (EndOfStreamException)
        {
            // Cut off: what reads it says so.
            return false;
        }
    }

    /// <summary>Reads a NumPy array (see <c>transfers.py</c>).</summary>
    /// <exception cref="InvalidCastException">The array cannot be read as the type.</exception>
    public static object ReadArray(this ref MessagePackReader reader, Type type)
    {
        (string dtype, long[] shape, ReadOnlyMemory<byte> data) = ReadArrayParts(ref reader);
        ArraySink sink = ArrayElement.Begin(type, dtype, shape);
        sink.Take(data.Span);
        return sink.End();
    }

    /// <summary>Reads the parts of a NumPy array.</summary>
    public static (string DType, long[] Shape, ReadOnlyMemory<byte> Data) ReadArrayParts(ref MessagePackReader reader)
    {
        MessagePackReader parts = new(reader.ReadExtensionFormat().Data);
        if (parts.ReadArrayHeader() != 3)
        {
            throw new DaskProtocolException("An array has an unexpected form.");
        }

        string dtype = parts.ReadString() ?? string.Empty;
        return (dtype, ReadShape(ref parts), parts.ReadBytes() is { IsSingleSegment: true } data ? data.First : ReadOnlyMemory<byte>.Empty);
    }

    /// <summary>Reads the shape of an array.</summary>
    public static long[] ReadShape(ref MessagePackReader reader)
    {
        int rank = reader.ReadArrayHeader();
        if (rank is < 1 or > 64)
        {
            throw new DaskProtocolException($"An array of {rank} dimensions was received, which NumPy does not support.");
        }

        long[] shape = new long[rank];
        for (int i = 0; i < rank; i++)
        {
            shape[i] = reader.ReadInt64();
        }

        return shape;
    }

    /// <summary>Reads an extension that represents a number: the string of a decimal (see <c>runtime.py</c>).</summary>
    public static string ReadExtension(ref MessagePackReader reader)
    {
        ExtensionResult extension = reader.ReadExtensionFormat();
        if (extension.TypeCode == ArrayCode)
        {
            throw new InvalidCastException("An array was found where a single value was expected.");
        }

        return extension.TypeCode == DecimalCode && extension.Data.Length < 100_000
            ? Encoding.UTF8.GetString(extension.Data)
            : throw new DaskProtocolException($"A result holds a msgpack extension of type {extension.TypeCode}, which workers do not send.");
    }
}
