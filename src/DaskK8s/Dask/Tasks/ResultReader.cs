using System.Buffers;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization.Metadata;

using DaskK8s.Dask.Arrays;
using DaskK8s.Dask.Protocol;

using MessagePack;

namespace DaskK8s.Dask.Tasks;

/// <summary>Converts the result of a task from msgpack to the requested .NET type.</summary>
internal static class ResultReader
{
    private const int MaxDepth = 512;
    // What an item takes in the JSON on the way and in the result, at the least.
    private const int ItemBytes = 24;

    /// <summary>Reads a result.</summary>
    /// <typeparam name="T">The requested type.</typeparam>
    /// <param name="key">The task's key, for the error.</param>
    /// <param name="data">The msgpack value.</param>
    /// <param name="budget">The budget for reading; null to create one.</param>
    /// <param name="options">The options for converting JSON types to other .NET types; null for the defaults.</param>
    /// <returns>The result.</returns>
    /// <exception cref="DaskResultException">The result has another type.</exception>
    /// <exception cref="DaskProtocolException">The bytes are not msgpack.</exception>
    public static T Read<T>(string key, ReadOnlyMemory<byte> data, DecodingBudget? budget = null, JsonSerializerOptions? options = null)
    {
        if (data.IsEmpty)
        {
            throw new DaskProtocolException($"The result of task '{key}' came without its bytes.");
        }

        try
        {
            DaskMessage message = new([data], budget);
            return typeof(T) == typeof(object)
                ? (T)Msgpack.Decode(message, Plain)!
                : Msgpack.Decode(message, (ref MessagePackReader reader, DaskMessage m) => Typed<T>(ref reader, m, options ?? PythonJson.Options));
        }
        catch (Exception e) when (e is JsonException or InvalidCastException or NotSupportedException or DaskProtocolException { InnerException: not null })
        {
            string type = PythonType(data);
            throw new DaskResultException(key, type, $"The result of task '{key}' is of Python's type {type}, which cannot be read as {typeof(T)}{(e is NotSupportedException || Inner(e) is not null ? $": {Inner(e) ?? e.Message}" : ".")}", e);
        }
    }

    private static object? Plain(ref MessagePackReader reader, DaskMessage message) => MsgpackTree.Read(ref reader, null, message.Budget, MaxDepth);

    private static T Typed<T>(ref MessagePackReader reader, DaskMessage message, JsonSerializerOptions options)
    {
        if (reader.IsArrayNext() && ArrayElement.IsArray(typeof(T)))
        {
            return (T)reader.ReadArray(typeof(T));
        }

        Type type = Nullable.GetUnderlyingType(typeof(T)) ?? typeof(T);
        if (reader.NextMessagePackType == MessagePackType.Nil)
        {
            return default(T) is null && typeof(T) != typeof(JsonElement)
                ? default!
                : typeof(T) == typeof(JsonElement)
                    ? (T)(object)PythonJson.ToElement(null, options)
                    : throw new InvalidCastException("None is not a value of this type.");
        }

        object? simple = Type.GetTypeCode(type) switch
        {
            TypeCode.Int32 when !type.IsEnum => reader.ReadInt32(),
            TypeCode.Int64 when !type.IsEnum => reader.ReadInt64(),
            TypeCode.Double when reader.NextMessagePackType == MessagePackType.Extension =>
                Convert.ToDouble(PythonJson.ReadDecimal(Msgpack.ReadExtension(ref reader)), CultureInfo.InvariantCulture),
            TypeCode.Double => reader.NextMessagePackType is MessagePackType.Integer ? reader.ReadNumber() : reader.ReadDouble(),
            TypeCode.Boolean => reader.ReadBoolean(),
            TypeCode.String => reader.ReadString(),
            _ when type == typeof(byte[]) => reader.ReadBytes()?.ToArray(),
            TypeCode.Decimal when reader.NextMessagePackType == MessagePackType.Extension => PythonJson.ReadDecimal(Msgpack.ReadExtension(ref reader)) as decimal?,
            _ => null,
        };
        return simple is not null ? (T)simple : Json<T>(ref reader, message.Budget, options);
    }

    private static T Json<T>(ref MessagePackReader reader, DecodingBudget budget, JsonSerializerOptions options)
    {
        bool marked = !typeof(T).IsAssignableTo(typeof(JsonNode)) && typeof(T) != typeof(JsonElement) && typeof(T) != typeof(JsonDocument);
        ArrayBufferWriter<byte> buffer = new();
        using (Utf8JsonWriter writer = new(buffer, new JsonWriterOptions { SkipValidation = true, MaxDepth = MaxDepth }))
        {
            Write(ref reader, writer, marked, budget, MaxDepth);
        }

        return JsonSerializer.Deserialize(buffer.WrittenSpan, (JsonTypeInfo<T>)options.GetTypeInfo(typeof(T)))!;
    }

    private static void Write(ref MessagePackReader reader, Utf8JsonWriter writer, bool marked, DecodingBudget budget, int depth)
    {
        budget.Spend(ItemBytes);
        if (depth < 0)
        {
            throw new DaskProtocolException("A result nests deeper than is allowed.");
        }

        switch (reader.NextMessagePackType)
        {
            case MessagePackType.Map:
                writer.WriteStartObject();
                for (int i = reader.ReadMapHeader(); i > 0; i--)
                {
                    writer.WritePropertyName(reader.ReadText() ?? "None");
                    Write(ref reader, writer, marked, budget, depth - 1);
                }

                writer.WriteEndObject();
                break;
            case MessagePackType.Array:
                writer.WriteStartArray();
                for (int i = reader.ReadArrayHeader(); i > 0; i--)
                {
                    Write(ref reader, writer, marked, budget, depth - 1);
                }

                writer.WriteEndArray();
                break;
            case MessagePackType.Float:
                WriteFloat(reader.ReadDouble(), writer, marked);
                break;
            case MessagePackType.Binary:
                string base64 = Convert.ToBase64String(reader.ReadBytes()!.Value.ToArray());
                writer.WriteStringValue(marked ? PythonJson.BytesMark + base64 : base64);
                break;
            case MessagePackType.Extension when reader.IsArrayNext():
                WriteArray(ref reader, writer, marked, budget);
                break;
            case MessagePackType.Extension:
                string text = Msgpack.ReadExtension(ref reader);
                writer.WriteStringValue(marked ? PythonJson.DecimalMark + text : text);
                break;
            case MessagePackType.Integer when reader.NextCode == MessagePackCode.UInt64:
                writer.WriteNumberValue(reader.ReadUInt64());
                break;
            case MessagePackType.Integer:
                writer.WriteNumberValue(reader.ReadInt64());
                break;
            case MessagePackType.Boolean:
                writer.WriteBooleanValue(reader.ReadBoolean());
                break;
            case MessagePackType.String:
                writer.WriteStringValue(reader.ReadString());
                break;
            default:
                reader.SkipValue();
                writer.WriteNullValue();
                break;
        }
    }

    private static void WriteArray(ref MessagePackReader reader, Utf8JsonWriter writer, bool marked, DecodingBudget budget)
    {
        (string dtype, long[] shape, ReadOnlyMemory<byte> data) = Msgpack.ReadArrayParts(ref reader);
        ArrayElement element = ArrayElement.Of(dtype);
        long count = shape.Aggregate(1L, static (product, length) => product * Math.Max(length, 0));
        if (count != data.Length / element.Size)
        {
            throw new InvalidCastException("The bytes of an array do not fit its shape.");
        }

        budget.Spend(count * ItemBytes);
        int at = 0;
        Dimension(0);

        void Dimension(int depth)
        {
            writer.WriteStartArray();
            for (long i = 0; i < shape[depth]; i++)
            {
                if (depth + 1 < shape.Length)
                {
                    Dimension(depth + 1);
                }
                else
                {
                    WriteElement(element.Read(data.Span.Slice(at, element.Size)), writer, marked);
                    at += element.Size;
                }
            }

            writer.WriteEndArray();
        }
    }

    private static void WriteElement(object value, Utf8JsonWriter writer, bool marked)
    {
        switch (value)
        {
            case bool v: writer.WriteBooleanValue(v); break;
            case ulong v: writer.WriteNumberValue(v); break;
            case float or double or Half: WriteFloat(Convert.ToDouble(value is Half half ? (double)half : value, CultureInfo.InvariantCulture), writer, marked); break;
            case System.Numerics.Complex: throw new InvalidCastException("Complex numbers have no JSON representation: read them as Complex[] or DaskArray<Complex>.");
            default: writer.WriteNumberValue(Convert.ToInt64(value, CultureInfo.InvariantCulture)); break;
        }
    }

    private static void WriteFloat(double value, Utf8JsonWriter writer, bool marked)
    {
        if (!double.IsFinite(value))
        {
            writer.WriteStringValue(marked ? PythonJson.MarkFloat(value) : value.ToString(CultureInfo.InvariantCulture));
        }
        else if (value == Math.Floor(value) && Math.Abs(value) < 1e15)
        {
            // 2.0 stays a float for who asks for plain values.
            writer.WriteRawValue(value.ToString("0.0", CultureInfo.InvariantCulture));
        }
        else
        {
            writer.WriteNumberValue(value);
        }
    }

    /// <summary>Returns the message for an array that cannot be converted.</summary>
    private static string? Inner(Exception e) => (e is InvalidCastException ? e : e.InnerException as InvalidCastException)?.Message;

    private static bool IsArray(ReadOnlyMemory<byte> data)
    {
        MessagePackReader reader = new(data);
        return reader.IsArrayNext();
    }

    private static string PythonType(ReadOnlyMemory<byte> data) => new MessagePackReader(data).NextMessagePackType switch
    {
        MessagePackType.Nil => "NoneType",
        MessagePackType.Boolean => "bool",
        MessagePackType.Integer => "int",
        MessagePackType.Float => "float",
        MessagePackType.String => "str",
        MessagePackType.Binary => "bytes",
        MessagePackType.Extension => IsArray(data) ? "numpy.ndarray" : "decimal.Decimal",
        MessagePackType.Array => "list",
        MessagePackType.Map => "dict",
        _ => "object",
    };
}
