using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace DaskK8s.Dask.Rpc;

/// <summary>Holds how .NET types that are neither numbers, texts nor lists become JSON types and back, with what JSON lacks.</summary>
/// <remarks>
/// JSON has no NaN, no infinities and no bytes. On their way through System.Text.Json they are strings that begin with a
/// character of the private use area, which nobody's text begins with.
/// </remarks>
internal static class PythonJson
{
    /// <summary>Marks a float that JSON lacks.</summary>
    public const char FloatMark = '\uF8D0';

    /// <summary>Marks bytes, in Base64.</summary>
    public const char BytesMark = '\uF8D1';

    /// <summary>Gets the options for values on their way to Python and from it.</summary>
    public static JsonSerializerOptions Options { get; } = new(JsonSerializerDefaults.General)
    {
        Converters = { new DoubleConverter(), new SingleConverter(), new BytesConverter(), new PlainConverter() },
        PropertyNameCaseInsensitive = true,
        IncludeFields = true,
        MaxDepth = 256,
    };

    /// <summary>Gives the text that stands for a float in JSON, or null for one that JSON has.</summary>
    public static string? MarkFloat(double value) => value switch
    {
        double.NaN => FloatMark + "nan",
        double.PositiveInfinity => FloatMark + "inf",
        double.NegativeInfinity => FloatMark + "-inf",
        _ => null,
    };

    /// <summary>Gives the float that a marked text stands for.</summary>
    public static double UnmarkFloat(ReadOnlySpan<char> text) => text[1..] switch
    {
        "nan" => double.NaN,
        "inf" => double.PositiveInfinity,
        "-inf" => double.NegativeInfinity,
        _ => throw new JsonException("A string stands where a number is expected."),
    };

    private static double ReadFloat(ref Utf8JsonReader reader)
    {
        if (reader.TokenType != JsonTokenType.String)
        {
            return reader.GetDouble();
        }

        string text = reader.GetString()!;
        return text.StartsWith(FloatMark) ? UnmarkFloat(text) : throw new JsonException("A string stands where a number is expected.");
    }

    private static void WriteFloat(Utf8JsonWriter writer, double value)
    {
        if (MarkFloat(value) is { } marked)
        {
            writer.WriteStringValue(marked);
        }
        else if (value == Math.Floor(value) && Math.Abs(value) < 1e15)
        {
            // A float stays one in Python: 2.0 and not 2.
            writer.WriteRawValue(value.ToString("0.0", CultureInfo.InvariantCulture));
        }
        else
        {
            writer.WriteNumberValue(value);
        }
    }

    private sealed class DoubleConverter : JsonConverter<double>
    {
        public override double Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => ReadFloat(ref reader);

        public override void Write(Utf8JsonWriter writer, double value, JsonSerializerOptions options) => WriteFloat(writer, value);
    }

    private sealed class SingleConverter : JsonConverter<float>
    {
        public override float Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => (float)ReadFloat(ref reader);

        public override void Write(Utf8JsonWriter writer, float value, JsonSerializerOptions options) => WriteFloat(writer, value);
    }

    private sealed class BytesConverter : JsonConverter<byte[]>
    {
        public override byte[]? Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
        {
            string text = reader.GetString() ?? string.Empty;
            return text.StartsWith(BytesMark)
                ? Convert.FromBase64String(text[1..])
                : throw new JsonException("A string stands where bytes are expected.");
        }

        public override void Write(Utf8JsonWriter writer, byte[] value, JsonSerializerOptions options) =>
            writer.WriteStringValue(BytesMark + Convert.ToBase64String(value));
    }

    /// <summary>Reads what is asked for as an object to plain values: long, double, string, lists and maps.</summary>
    private sealed class PlainConverter : JsonConverter<object>
    {
        public override bool CanConvert(Type typeToConvert) => typeToConvert == typeof(object);

        public override object? Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
        {
            switch (reader.TokenType)
            {
                case JsonTokenType.Null: return null;
                case JsonTokenType.True: return true;
                case JsonTokenType.False: return false;
                case JsonTokenType.Number:
                    bool fraction = reader.ValueSpan.IndexOfAny((byte)'.', (byte)'e', (byte)'E') >= 0;
                    return fraction ? reader.GetDouble() : reader.TryGetInt64(out long integer) ? integer : reader.GetUInt64();
                case JsonTokenType.String:
                    string text = reader.GetString()!;
                    return text.StartsWith(FloatMark) ? UnmarkFloat(text)
                        : text.StartsWith(BytesMark) ? Convert.FromBase64String(text[1..])
                        : text;
                case JsonTokenType.StartArray:
                    return JsonSerializer.Deserialize<object?[]>(ref reader, options);
                default:
                    return JsonSerializer.Deserialize<Dictionary<string, object?>>(ref reader, options);
            }
        }

        public override void Write(Utf8JsonWriter writer, object value, JsonSerializerOptions options) =>
            JsonSerializer.Serialize(writer, value, value.GetType(), options);
    }
}
