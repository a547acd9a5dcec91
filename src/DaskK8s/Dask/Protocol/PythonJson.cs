using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;

namespace DaskK8s.Dask.Protocol;

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

    /// <summary>Marks a decimal that a float does not hold.</summary>
    public const char DecimalMark = '\uF8D2';

    /// <summary>The number of our converters, which come after the user's.</summary>
    public const int Converters = 5;

    private static readonly ConditionalWeakTable<JsonSerializerOptions, JsonSerializerOptions> Known = new();

    /// <summary>Gets the options for values on their way to Python and from it, for who set none.</summary>
    public static JsonSerializerOptions Options { get; } = Complete(new(JsonSerializerDefaults.General)
    {
        PropertyNameCaseInsensitive = true,
        IncludeFields = true,
        MaxDepth = 256,
    });

    /// <summary>Returns a user's options together with what the way to Python needs; the user's converters come first.</summary>
    public static JsonSerializerOptions For(JsonSerializerOptions? options) => options is null
        ? Options
        : Known.GetValue(options, static user => Complete(new(user) { MaxDepth = user.MaxDepth == 0 ? 256 : user.MaxDepth }));

    /// <summary>Writes a value as JSON.</summary>
    /// <exception cref="ArgumentException">The value has no JSON form.</exception>
    public static JsonElement ToElement(object? value, JsonSerializerOptions options)
    {
        if (value is null)
        {
            return NullElement;
        }

        try
        {
            return JsonSerializer.SerializeToElement(value, options.GetTypeInfo(value.GetType()));
        }
        catch (Exception e) when (e is NotSupportedException or JsonException or InvalidOperationException)
        {
            throw new ArgumentException(
                $"A value of type {value.GetType()} cannot be sent to Python: it has no JSON representation. {e.Message}", e);
        }
    }

    /// <summary>Returns a value as null, booleans, numbers, texts, bytes, lists and maps.</summary>
    /// <exception cref="ArgumentException">The value has no such form.</exception>
    public static object? ToPlain(object? value, JsonSerializerOptions options)
    {
        try
        {
            return JsonSerializer.Deserialize(ToElement(value, options), (JsonTypeInfo<object?>)Options.GetTypeInfo(typeof(object)));
        }
        catch (JsonException e)
        {
            throw new ArgumentException($"A value of type {value?.GetType()} cannot be sent to Python: {e.Message}", e);
        }
    }

    /// <summary>Returns a decimal as the float that Python has for it, or null where the float is another number.</summary>
    public static double? ToFloat(decimal value)
    {
        double number = (double)value;
        return Math.Abs(number) < 1e28 && (decimal)number == value ? number : null;
    }

    private static JsonElement NullElement { get; } = JsonDocument.Parse("null").RootElement.Clone();

    [UnconditionalSuppressMessage("Trimming", "IL2026", Justification = "Reflection is used where it is enabled and the user names no resolver.")]
    [UnconditionalSuppressMessage("AOT", "IL3050", Justification = "Reflection is used where it is enabled and the user names no resolver.")]
    private static JsonSerializerOptions Complete(JsonSerializerOptions options)
    {
        options.Converters.Add(new DoubleConverter());
        options.Converters.Add(new SingleConverter());
        options.Converters.Add(new DecimalConverter());
        options.Converters.Add(new BytesConverter());
        options.Converters.Add(new PlainConverter());
        options.MakeReadOnly(populateMissingResolver: true);
        return options;
    }

    /// <summary>Returns the text that stands for a float in JSON, or null for one that JSON has.</summary>
    public static string? MarkFloat(double value) => value switch
    {
        double.NaN => FloatMark + "nan",
        double.PositiveInfinity => FloatMark + "inf",
        double.NegativeInfinity => FloatMark + "-inf",
        _ => null,
    };

    /// <summary>Returns the float that a marked text stands for.</summary>
    public static double UnmarkFloat(ReadOnlySpan<char> text) => text[1..] switch
    {
        "nan" => double.NaN,
        "inf" => double.PositiveInfinity,
        "-inf" => double.NegativeInfinity,
        _ => throw new JsonException("A string was found where a number was expected."),
    };

    /// <summary>Returns the decimal that a marked text stands for; one past .NET's range as a float.</summary>
    public static object UnmarkDecimal(ReadOnlySpan<char> text) => ReadDecimal(text[1..]);

    /// <summary>Reads Python's text of a decimal.</summary>
    public static object ReadDecimal(ReadOnlySpan<char> text) =>
        decimal.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out decimal number) ? number
        : double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out double real) ? real
        : throw new JsonException("A string was found where a decimal was expected.");

    private static double ReadFloat(ref Utf8JsonReader reader)
    {
        if (reader.TokenType != JsonTokenType.String)
        {
            return reader.GetDouble();
        }

        string text = reader.GetString()!;
        return text.StartsWith(DecimalMark) ? Convert.ToDouble(UnmarkDecimal(text), CultureInfo.InvariantCulture)
            : text.StartsWith(FloatMark) ? UnmarkFloat(text) : throw new JsonException("A string was found where a number was expected.");
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

    private sealed class DecimalConverter : JsonConverter<decimal>
    {
        public override decimal Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
        {
            if (reader.TokenType != JsonTokenType.String)
            {
                return reader.GetDecimal();
            }

            string text = reader.GetString()!;
            return text.StartsWith(DecimalMark) && UnmarkDecimal(text) is decimal number
                ? number
                : throw new JsonException("A string was found where a decimal was expected, or the decimal is out of range.");
        }

        public override void Write(Utf8JsonWriter writer, decimal value, JsonSerializerOptions options)
        {
            if (ToFloat(value) is null)
            {
                writer.WriteStringValue(DecimalMark + value.ToString(CultureInfo.InvariantCulture));
            }
            else
            {
                writer.WriteNumberValue(value);
            }
        }
    }

    private sealed class BytesConverter : JsonConverter<byte[]>
    {
        public override byte[]? Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
        {
            string text = reader.GetString() ?? string.Empty;
            return text.StartsWith(BytesMark)
                ? Convert.FromBase64String(text[1..])
                : throw new JsonException("A string was found where bytes were expected.");
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
                    return ReadNumber(ref reader);
                case JsonTokenType.String:
                    string text = reader.GetString()!;
                    return text.StartsWith(FloatMark) ? UnmarkFloat(text)
                        : text.StartsWith(DecimalMark) ? UnmarkDecimal(text)
                        : text.StartsWith(BytesMark) ? Convert.FromBase64String(text[1..])
                        : text;
                case JsonTokenType.StartArray:
                    List<object?> items = [];
                    while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
                    {
                        items.Add(Read(ref reader, typeToConvert, options));
                    }

                    return items.ToArray();
                default:
                    Dictionary<string, object?> map = [];
                    while (reader.Read() && reader.TokenType != JsonTokenType.EndObject)
                    {
                        string key = reader.GetString()!;
                        reader.Read();
                        map[key] = Read(ref reader, typeToConvert, options);
                    }

                    return map;
            }
        }

        /// <summary>Reads a number as what it is; a conditional expression would make a double of an integer.</summary>
        private static object ReadNumber(ref Utf8JsonReader reader)
        {
            ReadOnlySpan<byte> digits = reader.HasValueSequence ? reader.ValueSequence.ToArray() : reader.ValueSpan;
            if (digits.IndexOfAny((byte)'.', (byte)'e', (byte)'E') >= 0)
            {
                return reader.GetDouble();
            }

            if (reader.TryGetInt64(out long integer))
            {
                return integer;
            }

            return reader.TryGetUInt64(out ulong unsigned)
                ? unsigned
                : throw new JsonException("An integer does not fit into 64 bits, the limit for arguments and results.");
        }

        public override void Write(Utf8JsonWriter writer, object value, JsonSerializerOptions options) =>
            JsonSerializer.Serialize(writer, value, options.GetTypeInfo(value.GetType()));
    }
}
