using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;

namespace DaskK8s.Dask.Protocol;

/// <summary>Converts .NET types other than numbers, strings and lists to JSON types and back, including values that JSON lacks.</summary>
/// <remarks>
/// JSON has no NaN, infinities or bytes. System.Text.Json handles them as strings that begin with a
/// private use character, with which real text does not begin.
/// </remarks>
internal static class PythonJson
{
    /// <summary>Marks a float that JSON lacks.</summary>
    public const char FloatMark = '\uF8D0';

    /// <summary>Marks bytes, in Base64.</summary>
    public const char BytesMark = '\uF8D1';

    /// <summary>Marks a decimal that a float cannot represent exactly.</summary>
    public const char DecimalMark = '\uF8D2';

    /// <summary>The number of this library's converters, which follow the user's.</summary>
    public const int Converters = 5;

    private static readonly ConditionalWeakTable<JsonSerializerOptions, JsonSerializerOptions> Known = new();

    /// <summary>Gets the default options for converting values to and from Python.</summary>
    public static JsonSerializerOptions Options { get; } = Complete(new(JsonSerializerDefaults.General)
    {
        PropertyNameCaseInsensitive = true,
        IncludeFields = true,
        MaxDepth = 256,
    });

    /// <summary>Returns the user's options with the converters for Python added; the user's converters come first.</summary>
    public static JsonSerializerOptions For(JsonSerializerOptions? options) => options is null
        ? Options
        : Known.GetValue(options, static user => Complete(new(user) { MaxDepth = user.MaxDepth == 0 ? 256 : user.MaxDepth }));

    /// <summary>Writes a value as JSON.</summary>
    /// <exception cref="ArgumentException">The value has no JSON representation.</exception>
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

    /// <summary>Returns a value as null, booleans, numbers, strings, bytes, lists and maps.</summary>
    /// <exception cref="ArgumentException">The value cannot be converted.</exception>
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

    /// <summary>Returns a decimal as a Python float, or null if the float has a different value.</summary>
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

    /// <summary>Returns the string that represents a float in JSON, or null if JSON can represent it as a number.</summary>
    public static string? MarkFloat(double value) => value switch
    {
        double.NaN => FloatMark + "nan",
        double.PositiveInfinity => FloatMark + "inf",
        double.NegativeInfinity => FloatMark + "-inf",
        _ => null,
    };

    /// <summary>Returns the float that a marked string represents.</summary>
    public static double UnmarkFloat(ReadOnlySpan<char> text) => text[1..] switch
    {
        "nan" => double.NaN,
        "inf" => double.PositiveInfinity,
        "-inf" => double.NegativeInfinity,
        _ => throw new JsonException("A string was found where a number was expected."),
    };

    /// <summary>Returns the decimal that a marked string represents, or a float if it is outside .NET's range.</summary>
    public static object UnmarkDecimal(ReadOnlySpan<char> text) => ReadDecimal(text[1..]);

    /// <summary>Reads a decimal from its Python string.</summary>
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

    /// <summary>Reads values of type object as plain values: long, double, string, lists and maps.</summary>
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

        /// <summary>Reads a number with its own type; a conditional expression would convert an integer to a double.</summary>
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
