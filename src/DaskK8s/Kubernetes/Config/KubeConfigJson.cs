using System.Globalization;
using System.Text.Json;

namespace DaskK8s.Kubernetes.Config;

/// <summary>Writes a kubeconfig's YAML as JSON, with the types that YAML gives to scalars without quotes (as Go's reader of kubeconfigs does).</summary>
internal static class KubeConfigJson
{
    private const long MaxBytes = 1 << 20;

    /// <summary>Writes a node.</summary>
    /// <param name="json">Where to.</param>
    /// <param name="node">The node.</param>
    public static void Write(Utf8JsonWriter json, KubeConfigNode node)
    {
        // Aliases of aliases can stand for more than fits anywhere.
        if (json.BytesCommitted + json.BytesPending > MaxBytes)
        {
            throw node.Mistake("it is larger than 1 MiB once its aliases are written out");
        }

        if (node.Entries is not null)
        {
            json.WriteStartObject();
            foreach ((string key, KubeConfigNode value) in node.Entries)
            {
                json.WritePropertyName(key);
                Write(json, value);
            }

            json.WriteEndObject();
        }
        else if (node.Items is not null)
        {
            json.WriteStartArray();
            foreach (KubeConfigNode item in node.Items)
            {
                Write(json, item);
            }

            json.WriteEndArray();
        }
        else
        {
            WriteScalar(json, node);
        }
    }

    private static void WriteScalar(Utf8JsonWriter json, KubeConfigNode node)
    {
        string text = node.Text!;
        if (node.IsNull)
        {
            json.WriteNullValue();
        }
        else if (!node.IsPlain)
        {
            json.WriteStringValue(text);
        }
        else if (text is "true" or "True" or "TRUE" or "yes" or "Yes" or "YES" or "on" or "On" or "ON")
        {
            json.WriteBooleanValue(true);
        }
        else if (text is "false" or "False" or "FALSE" or "no" or "No" or "NO" or "off" or "Off" or "OFF")
        {
            json.WriteBooleanValue(false);
        }
        else if (long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long integer))
        {
            json.WriteNumberValue(integer);
        }
        else if (text.Any(char.IsAsciiDigit)
            && double.TryParse(text, NumberStyles.Float & ~NumberStyles.AllowLeadingWhite & ~NumberStyles.AllowTrailingWhite, CultureInfo.InvariantCulture, out double number)
            && double.IsFinite(number))
        {
            json.WriteNumberValue(number);
        }
        else
        {
            json.WriteStringValue(text);
        }
    }
}
