using System.Text.Json.Nodes;

namespace DaskK8s.Testing.Patching;

/// <summary>Applies a JSON merge patch (RFC 7396).</summary>
internal static class MergePatch
{
    public static JsonNode? Apply(JsonNode? target, JsonNode? patch)
    {
        if (patch is not JsonObject changes)
        {
            return patch?.DeepClone();
        }

        JsonObject result = target as JsonObject ?? [];
        foreach ((string name, JsonNode? change) in changes)
        {
            if (change is null)
            {
                result.Remove(name);
            }
            else if (result[name] is { } current && current is JsonObject && change is JsonObject)
            {
                Apply(current, change);
            }
            else
            {
                result[name] = Apply(null, change);
            }
        }

        return result;
    }
}
