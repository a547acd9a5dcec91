using System.Text.Json;

namespace DaskK8s.Yaml;

/// <summary>Writes values as JSON.</summary>
internal static class ValueJson
{
    /// <summary>Writes a value.</summary>
    /// <param name="json">Where to.</param>
    /// <param name="node">The value.</param>
    /// <param name="maxBytes">The number of bytes to stop at: aliases of aliases can stand for more than fits anywhere.</param>
    /// <returns>False where the value is larger; what was written so far is worth nothing then.</returns>
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
