using System.Text;
using System.Text.Json;

using DaskK8s.Yaml;

namespace DaskK8s.Helm.Records;

/// <summary>Builds values from JSON tokens and counts them, because two bytes of JSON can take hundreds of bytes in memory.</summary>
internal sealed class JsonValueReader(int maxValues)
{
    private int _count;

    /// <summary>Reads the value that begins with the current token.</summary>
    /// <param name="reader">The tokens; their depth is limited by the reader.</param>
    /// <returns>The value.</returns>
    /// <exception cref="InflatedSizeException">The number of values exceeds the limit.</exception>
    public ValueNode Read(ref JsonTokenReader reader)
    {
        if (++_count > maxValues)
        {
            throw new InflatedSizeException(countsValues: true);
        }

        switch (reader.Token.TokenType)
        {
            case JsonTokenType.StartObject:
                return ReadMap(ref reader);
            case JsonTokenType.StartArray:
                return ReadList(ref reader);
            case JsonTokenType.True:
                return ValueNode.Bool.True;
            case JsonTokenType.False:
                return ValueNode.Bool.False;
            case JsonTokenType.Number:
                return new ValueNode.Number(Encoding.ASCII.GetString(reader.Token.ValueSpan));
            case JsonTokenType.String:
                string text = reader.Token.GetString()!;
                return text.Length == 0 ? ValueNode.Text.Empty : new ValueNode.Text(text);
            default:
                return ValueNode.Null.Instance;
        }
    }

    private ValueNode.List ReadList(ref JsonTokenReader reader)
    {
        List<ValueNode>? items = null;
        while (reader.Read() && reader.Token.TokenType != JsonTokenType.EndArray)
        {
            (items ??= []).Add(Read(ref reader));
        }

        return items is null ? ValueNode.List.Empty : new ValueNode.List([.. items]);
    }

    private ValueNode.Map ReadMap(ref JsonTokenReader reader)
    {
        OrderedDictionary<string, ValueNode>? entries = null;
        while (reader.Read() && reader.Token.TokenType == JsonTokenType.PropertyName)
        {
            string key = reader.Token.GetString()!;
            reader.Read();
            entries ??= new OrderedDictionary<string, ValueNode>(StringComparer.Ordinal);
            entries[key] = Read(ref reader);
        }

        return entries is null ? ValueNode.Map.Empty : new ValueNode.Map(entries);
    }
}
