using System.Globalization;
using System.Text.Json;

using DaskK8s.Yaml;

namespace DaskK8s.Helm.Values;

/// <summary>Converts nodes to the types that callers request; every returned object is a copy.</summary>
/// <param name="subtree">The type that represents a map unchanged.</param>
/// <param name="wrap">Creates an instance of that type from a map.</param>
internal sealed class ValueConverter(Type subtree, Func<ValueNode.Map, object> wrap)
{
    public bool TryConvert<T>(ValueNode node, out T? value)
    {
        if (TryConvert(node, typeof(T), out object? converted))
        {
            value = (T?)converted;
            return true;
        }

        value = default;
        return false;
    }

    private bool TryConvert(ValueNode node, Type type, out object? value)
    {
        bool isNullable = !type.IsValueType || Nullable.GetUnderlyingType(type) is not null;
        type = Nullable.GetUnderlyingType(type) ?? type;
        if (type == typeof(JsonElement))
        {
            value = ToJson(node);
            return true;
        }

        if (node is ValueNode.Null && isNullable)
        {
            value = null;
            return true;
        }

        value = type switch
        {
            _ when type == typeof(object) => ToObject(node),
            _ when type == typeof(string) => ToText(node),
            _ when type == typeof(bool) => node is ValueNode.Bool flag ? flag.Value : null,
            _ when type == subtree => node is ValueNode.Map map ? wrap(map) : null,
            _ when node is ValueNode.Number number => ToNumber(number, type),
            _ when node is ValueNode.List list => ToList(list, type),
            _ when node is ValueNode.Map map => ToDictionary(map, type),
            _ => null,
        };
        return value is not null;
    }

    private static string? ToText(ValueNode node) => node switch
    {
        ValueNode.Text text => text.Value,
        ValueNode.Number number => number.Raw,
        ValueNode.Bool flag => flag.Value ? "true" : "false",
        _ => null,
    };

    private static object? ToNumber(ValueNode.Number number, Type type)
    {
        TypeCode code = type.IsEnum ? TypeCode.Object : Type.GetTypeCode(type);
        if (code is TypeCode.Double or TypeCode.Single)
        {
            return ValueNumber.TryGetDouble(number, out double real) ? Convert.ChangeType(real, code, CultureInfo.InvariantCulture) : null;
        }

        bool isWhole = code is >= TypeCode.SByte and <= TypeCode.UInt64;
        if (!(isWhole || code == TypeCode.Decimal) || !ValueNumber.TryGetDecimal(number, out decimal exact) || (isWhole && exact != decimal.Truncate(exact)))
        {
            return null;
        }

        try
        {
            return Convert.ChangeType(exact, code, CultureInfo.InvariantCulture);
        }
        catch (OverflowException)
        {
            return null;
        }
    }

    private Array? ToList(ValueNode.List list, Type type)
    {
        Type? item = type.IsArray
            ? type.GetElementType()!
            : type.IsGenericType && (type.GetGenericTypeDefinition() is var generic)
              && (generic == typeof(IReadOnlyList<>) || generic == typeof(IReadOnlyCollection<>) || generic == typeof(IEnumerable<>))
                ? type.GetGenericArguments()[0]
                : null;
        if (item is null)
        {
            return null;
        }

        Array array = Array.CreateInstance(item, list.Items.Count);
        for (int i = 0; i < array.Length; i++)
        {
            if (!TryConvert(list.Items[i], item, out object? converted))
            {
                return null;
            }

            array.SetValue(converted, i);
        }

        return array;
    }

    private object? ToDictionary(ValueNode.Map map, Type type)
    {
        if (!type.IsGenericType
            || type.GetGenericTypeDefinition() != typeof(IReadOnlyDictionary<,>)
            || type.GetGenericArguments() is not [var key, var item]
            || key != typeof(string))
        {
            return null;
        }

        System.Collections.IDictionary dictionary = (System.Collections.IDictionary)Activator.CreateInstance(typeof(OrderedDictionary<,>).MakeGenericType(key, item))!;
        foreach ((string? name, ValueNode? node) in map.Entries)
        {
            if (!TryConvert(node, item, out object? converted))
            {
                return null;
            }

            dictionary.Add(name, converted);
        }

        return dictionary;
    }

    private object? ToObject(ValueNode node) => node switch
    {
        ValueNode.Text text => text.Value,
        ValueNode.Bool flag => flag.Value,
        ValueNode.Number number when ValueNumber.TryGetInt64(number, out long whole) && !number.Raw.AsSpan().ContainsAny('.', 'e', 'E') => whole,
        ValueNode.Number number when ValueNumber.TryGetDouble(number, out double real) => real,
        ValueNode.Number number => number.Raw,
        ValueNode.List list => Array.ConvertAll([.. list.Items], ToObject),
        ValueNode.Map map => ToDictionary(map, typeof(IReadOnlyDictionary<string, object>)),
        _ => null,
    };

    private static JsonElement ToJson(ValueNode node)
    {
        using MemoryStream stream = new();
        using (Utf8JsonWriter writer = new(stream, new JsonWriterOptions { MaxDepth = 1000 }))
        {
            ValueJson.TryWrite(writer, node);
        }

        using JsonDocument document = JsonDocument.Parse(stream.GetBuffer().AsMemory(0, (int)stream.Length), new JsonDocumentOptions { MaxDepth = 1000 });
        return document.RootElement.Clone();
    }
}
