using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace DaskK8s.Testing.Releases;

/// <summary>Writes YAML in the style of a chart's manifest.</summary>
internal static class YamlText
{
    public static string Of(JsonObject value)
    {
        StringBuilder text = new();
        Map(text, value, 0);
        return text.ToString();
    }

    private static void Map(StringBuilder text, JsonObject map, int indent, bool inList = false)
    {
        bool first = inList;
        foreach ((string name, JsonNode? value) in map)
        {
            text.Append(' ', first ? 0 : indent).Append(name).Append(':');
            first = false;
            Value(text, value, indent);
        }
    }

    private static void Value(StringBuilder text, JsonNode? value, int indent)
    {
        switch (value)
        {
            case JsonObject { Count: > 0 } map:
                text.Append('\n');
                Map(text, map, indent + 2);
                break;
            case JsonArray { Count: > 0 } list:
                text.Append('\n');
                foreach (JsonNode? item in list)
                {
                    text.Append(' ', indent + 2).Append("- ");
                    if (item is JsonObject { Count: > 0 } map)
                    {
                        Map(text, map, indent + 4, inList: true);
                    }
                    else
                    {
                        text.Append(Scalar(item)).Append('\n');
                    }
                }

                break;
            default:
                text.Append(' ').Append(Scalar(value)).Append('\n');
                break;
        }
    }

    private static string Scalar(JsonNode? value) => value switch
    {
        null => "null",
        JsonObject => "{}",
        JsonArray => "[]",
        _ when value.GetValueKind() == JsonValueKind.String => Text(value.GetValue<string>()),
        _ => value.ToJsonString(),
    };

    /// <summary>Quotes a string that YAML would read as another type.</summary>
    private static string Text(string text)
    {
        bool plain = text.Length > 0
            && text.All(letter => char.IsAsciiLetterOrDigit(letter) || letter is '-' or '_' or '.' or '/' or '=' or ',')
            && char.IsAsciiLetterOrDigit(text[0])
            && !double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out _)
            && text is not ("true" or "false" or "null" or "yes" or "no" or "on" or "off" or "y" or "n");
        return plain || (text.StartsWith("--", StringComparison.Ordinal) && text.All(letter => char.IsAsciiLetterOrDigit(letter) || letter is '-' or '=' or '/'))
            ? text
            : JsonSerializer.Serialize(text, Relaxed);
    }

    private static readonly JsonSerializerOptions Relaxed = new() { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };
}
