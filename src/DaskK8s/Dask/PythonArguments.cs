using System.Collections;
using System.Globalization;
using System.Numerics;
using System.Text.Json;

using DaskK8s.Dask.Arrays;
using DaskK8s.Dask.Protocol;

namespace DaskK8s.Dask;

/// <summary>Writes the arguments of a task as a pickle of <c>(args, kwargs)</c>; futures become references to their results.</summary>
internal sealed class PythonArguments
{
    private const int MaxDepth = 256;

    private readonly PickleWriter _pickle = new();
    private readonly List<DaskFuture> _futures = [];
    private readonly Dictionary<string, int> _indexes = [];
    private readonly JsonSerializerOptions _options;
    private readonly IReadOnlyList<DaskFormat> _formats;
    private readonly bool _custom;

    private PythonArguments(JsonSerializerOptions options, IReadOnlyList<DaskFormat> formats)
    {
        _options = options;
        _formats = formats;
        // The converters of a user's own come before ours, for all but JSON's own types.
        _custom = !ReferenceEquals(options, PythonJson.Options);
    }

    /// <summary>Writes arguments.</summary>
    /// <param name="arguments">The positional arguments.</param>
    /// <param name="keywords">The keyword arguments.</param>
    /// <param name="options">The options for converting other .NET types to JSON types: <see cref="PythonJson.For"/>.</param>
    /// <param name="formats">The formats of values that JSON has no types for; null for none.</param>
    /// <returns>The pickle, and the futures that it refers to by index.</returns>
    /// <exception cref="ArgumentException">A value has no JSON representation.</exception>
    public static (byte[] Pickle, IReadOnlyList<DaskFuture> Futures) Write(
        IReadOnlyList<object?> arguments,
        IReadOnlyDictionary<string, object?>? keywords,
        JsonSerializerOptions options,
        IReadOnlyList<DaskFormat>? formats = null)
    {
        PythonArguments writer = new(options, formats ?? []);
        writer._pickle.BeginTuple();
        writer._pickle.BeginTuple();
        for (int i = 0; i < arguments.Count; i++)
        {
            writer.Value(arguments[i], 0);
        }

        writer._pickle.EndTuple();
        writer._pickle.BeginMap();
        foreach ((string name, object? value) in keywords ?? new Dictionary<string, object?>())
        {
            writer._pickle.Text(name);
            writer.Value(value, 0);
        }

        writer._pickle.EndMap();
        writer._pickle.EndTuple();
        return (writer._pickle.ToArray(), writer._futures);
    }

    /// <summary>Finds the format that writes a value.</summary>
    public static (DaskFormat Format, string Target)? FormatOf(object value, IReadOnlyList<DaskFormat> formats)
    {
        foreach (DaskFormat format in formats)
        {
            if (format.GetTarget(value) is { } target)
            {
                return (format, target);
            }
        }

        return null;
    }

    /// <summary>Returns how a worker creates a value from bytes (see <c>transfers.py</c>).</summary>
    public static Dictionary<string, object?> How(DaskFormat format, string target) => new()
    {
        ["kind"] = "form",
        ["id"] = format.Id,
        ["source"] = format.Source,
        ["target"] = target,
    };

    private void Value(object? value, int depth)
    {
        if (depth > MaxDepth)
        {
            throw new ArgumentException($"An argument nests deeper than {MaxDepth} levels, or contains itself.");
        }

        switch (value)
        {
            case null: _pickle.None(); break;
            case bool v: _pickle.Boolean(v); break;
            case string v: _pickle.Text(v); break;
            case char v: _pickle.Text([v]); break;
            case int v: _pickle.Integer(v); break;
            case long v: _pickle.Integer(v); break;
            case short v: _pickle.Integer(v); break;
            case sbyte v: _pickle.Integer(v); break;
            case byte v: _pickle.Integer(v); break;
            case ushort v: _pickle.Integer(v); break;
            case uint v: _pickle.Integer(v); break;
            case ulong v: _pickle.Unsigned(v); break;
            case double v: _pickle.Float(v); break;
            case float v: _pickle.Float(v); break;
            case Half v: _pickle.Float((double)v); break;
            case decimal v: Decimal(v); break;
            case BigInteger v: Big(v, nameof(BigInteger)); break;
            case Int128 v: Big(v, nameof(Int128)); break;
            case UInt128 v: Big(v, nameof(UInt128)); break;
            case byte[] v: _pickle.Bytes(v); break;
            case ReadOnlyMemory<byte> v: _pickle.Bytes(v.Span); break;
            case Memory<byte> v: _pickle.Bytes(v.Span); break;
            case DaskFuture v: Future(v); break;
            case JsonElement v: Json(v, depth); break;
            case IShapedBytes v: Shaped(v); break;
            case Array { Rank: > 1 } v when PlainArray.Of(v) is { } shaped: Shaped(shaped); break;
            case not null when FormatOf(value, _formats) is { } form: Formed(value, form.Format, form.Target, depth); break;
            case not null when _custom && IsConverted(value.GetType()): Other(value, depth); break;
            case IReadOnlyDictionary<string, object?> v: Map(v, depth); break;
            case IDictionary v: Map(v, depth); break;
            case IEnumerable v and not System.Text.Json.Nodes.JsonNode: List(v, depth); break;
            default: Other(value, depth); break;
        }
    }

    private void Big(BigInteger value, string type)
    {
        if (value >= long.MinValue && value <= long.MaxValue)
        {
            _pickle.Integer((long)value);
        }
        else if (value >= 0 && value <= ulong.MaxValue)
        {
            _pickle.Unsigned((ulong)value);
        }
        else
        {
            throw new ArgumentException(
                $"The {type} {value} does not fit into 64 bits, the limit for arguments and results; pass it as a string and convert it in Python.");
        }
    }

    private void Future(DaskFuture future)
    {
        if (!_indexes.TryGetValue(future.Key, out int index))
        {
            index = _futures.Count;
            _futures.Add(future);
            _indexes.Add(future.Key, index);
        }

        _pickle.PersistentId(index);
    }

    private void Shaped(IShapedBytes array) =>
        _pickle.NumpyArray($"<{array.Element.DType}", array.Shape, array.Length, bytes => array.Copy(0, bytes.Span));

    private void Formed(object value, DaskFormat format, string target, int depth)
    {
        using MemoryStream content = new();
        ValueTask written = format.WriteAsync(value, content, CancellationToken.None);
        // Memory makes nobody wait.
        written.AsTask().GetAwaiter().GetResult();
        _pickle.BeginTuple();
        Map((IDictionary)How(format, target), depth);
        _pickle.MutableBytes(content.Length, bytes => content.GetBuffer().AsMemory(0, (int)content.Length).CopyTo(bytes));
        _pickle.EndTuple();
        _pickle.Persistent();
    }

    private void Map(IEnumerable<KeyValuePair<string, object?>> map, int depth)
    {
        _pickle.BeginMap();
        foreach ((string key, object? value) in map)
        {
            _pickle.Text(key);
            Value(value, depth + 1);
        }

        _pickle.EndMap();
    }

    private void Map(IDictionary map, int depth)
    {
        _pickle.BeginMap();
        foreach (DictionaryEntry entry in map)
        {
            // Python's maps take numbers as keys: they stay numbers.
            if (entry.Key is not (string or int or long or bool or double))
            {
                _pickle.Text(Convert.ToString(entry.Key, CultureInfo.InvariantCulture) ?? string.Empty);
            }
            else
            {
                Value(entry.Key, depth + 1);
            }

            Value(entry.Value, depth + 1);
        }

        _pickle.EndMap();
    }

    private void List(IEnumerable list, int depth)
    {
        _pickle.BeginList();
        foreach (object? item in list)
        {
            Value(item, depth + 1);
        }

        _pickle.EndList();
    }

    /// <summary>Writes records, enums, times and similar values as .NET serializes them to JSON.</summary>
    private void Other(object value, int depth)
    {
        if (value is Delegate or Type or Stream or Task or IntPtr or UIntPtr)
        {
            throw Refused(value, null);
        }

        JsonElement json;
        try
        {
            json = PythonJson.ToElement(value, _options);
        }
        catch (ArgumentException e)
        {
            throw Refused(value, e.InnerException);
        }

        Json(json, depth);
    }

    private bool IsConverted(Type type)
    {
        // Ours are the last five.
        for (int i = 0; i < _options.Converters.Count - PythonJson.Converters; i++)
        {
            if (_options.Converters[i].CanConvert(type))
            {
                return true;
            }
        }

        return false;
    }

    private void Decimal(decimal value)
    {
        if (PythonJson.ToFloat(value) is { } real)
        {
            _pickle.Float(real);
        }
        else
        {
            _pickle.Call("decimal", "Decimal", value.ToString(CultureInfo.InvariantCulture));
        }
    }

    private static ArgumentException Refused(object value, Exception? cause) => new(
        $"An argument of type {value.GetType()} cannot be sent to Python: it has no JSON representation.", cause);

    private void Json(JsonElement json, int depth)
    {
        switch (json.ValueKind)
        {
            case JsonValueKind.Object:
                _pickle.BeginMap();
                foreach (JsonProperty property in json.EnumerateObject())
                {
                    _pickle.Text(property.Name);
                    Json(property.Value, depth + 1);
                }

                _pickle.EndMap();
                break;
            case JsonValueKind.Array:
                _pickle.BeginList();
                foreach (JsonElement item in json.EnumerateArray())
                {
                    Json(item, depth + 1);
                }

                _pickle.EndList();
                break;
            case JsonValueKind.String:
                JsonText(json.GetString()!);
                break;
            case JsonValueKind.Number:
                JsonNumber(json);
                break;
            case JsonValueKind.True or JsonValueKind.False:
                _pickle.Boolean(json.GetBoolean());
                break;
            default:
                _pickle.None();
                break;
        }
    }

    private void JsonText(string text)
    {
        if (text.StartsWith(PythonJson.FloatMark))
        {
            _pickle.Float(PythonJson.UnmarkFloat(text));
        }
        else if (text.StartsWith(PythonJson.DecimalMark))
        {
            _pickle.Call("decimal", "Decimal", text.AsSpan(1));
        }
        else if (text.StartsWith(PythonJson.BytesMark))
        {
            _pickle.Bytes(Convert.FromBase64String(text[1..]));
        }
        else
        {
            _pickle.Text(text);
        }
    }

    private void JsonNumber(JsonElement json)
    {
        if (json.TryGetInt64(out long integer))
        {
            _pickle.Integer(integer);
        }
        else if (json.TryGetUInt64(out ulong unsigned))
        {
            _pickle.Unsigned(unsigned);
        }
        else if (json.GetRawText().AsSpan().IndexOfAny('.', 'e', 'E') >= 0)
        {
            _pickle.Float(json.GetDouble());
        }
        else
        {
            throw new ArgumentException($"The integer {json.GetRawText()} does not fit into 64 bits, the limit for arguments and results.");
        }
    }
}
