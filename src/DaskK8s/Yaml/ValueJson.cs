using System.Text.Json;

namespace DaskK8s.Yaml;

/// <summary>Writes values as JSON.</summary>
internal static class ValueJson
{
    /// <summary>Writes a value.</summary>
    /// <param name="json">The writer.</param>
    /// <param name="node">The value.</param>
    /// <param name="maxBytes">The maximum number of bytes: nested aliases can expand to more than fits in memory.</param>
    /// <returns>False if the value is larger; the output is then unusable.</returns>
    public static bool TryWrite(Utf8JsonWriter json, ValueNode node, long maxBytes = long.MaxValue)
    {
        if (json.BytesCommitted + json.BytesPending > maxBytes)
        {
            return false;
        }

        switch (node)
        {
            case ValueNode.Text text:
                json.WriteStringValue(text.Value);
                return true;
            case ValueNode.Bool flag:
                json.WriteBooleanValue(flag.Value);
                return true;
            case ValueNode.Number { Raw: ".inf" or "-.inf" or ".nan" } number:
                json.WriteStringValue(number.Raw);
                return true;
            case ValueNode.Number number:
                json.WriteRawValue(number.Raw);
                return true;
            case ValueNode.List list:
                json.WriteStartArray();
                if (!list.Items.All(item => TryWrite(json, item, maxBytes)))
                {
                    return false;
                }

                json.WriteEndArray();
                return true;
            case ValueNode.Map map:
                json.WriteStartObject();
                foreach ((string? key, ValueNode? value) in map.Entries)
                {
                    json.WritePropertyName(key);
                    if (!TryWrite(json, value, maxBytes))
                    {
                        return false;
                    }
                }

                json.WriteEndObject();
                return true;
            default:
                json.WriteNullValue();
                return true;
        }
    }
}
