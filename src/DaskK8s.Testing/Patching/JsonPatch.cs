using System.Globalization;
using System.Text.Json.Nodes;
using DaskK8s.Testing.Storage;

namespace DaskK8s.Testing.Patching;

/// <summary>Applies a JSON patch (RFC 6902).</summary>
internal static class JsonPatch
{
    public static JsonObject Apply(JsonObject target, JsonArray operations)
    {
        JsonNode? root = target;
        foreach (JsonNode? operation in operations)
        {
            string path = operation.Text("path") ?? throw Rejected();
            string[] steps = Steps(path);
            switch (operation.Text("op"))
            {
                case "add":
                    root = Add(root, steps, operation.At("value")?.DeepClone());
                    break;
                case "remove":
                    Remove(root, steps);
                    break;
                case "replace":
                    Find(root, steps);
                    Replace(root, steps, operation.At("value")?.DeepClone());
                    break;
                case "test":
                    if (!JsonNode.DeepEquals(Find(root, steps, orNull: true), operation.At("value")))
                    {
                        throw Rejected();
                    }

                    break;
                case "copy":
                    root = Add(root, steps, Find(root, Steps(operation.Text("from") ?? throw Rejected()))?.DeepClone());
                    break;
                case "move":
                    string[] from = Steps(operation.Text("from") ?? throw Rejected());
                    JsonNode? moved = Find(root, from)?.DeepClone();
                    Remove(root, from);
                    root = Add(root, steps, moved);
                    break;
                default:
                    throw Rejected();
            }
        }

        return root as JsonObject ?? throw Rejected();
    }

    private static ApiException Rejected() => new(422, "Invalid", "the server rejected our request due to an error in our request") { Details = [] };

    private static string[] Steps(string path)
    {
        if (path.Length == 0)
        {
            return [];
        }

        return path[0] == '/'
            ? [.. path[1..].Split('/').Select(step => step.Replace("~1", "/", StringComparison.Ordinal).Replace("~0", "~", StringComparison.Ordinal))]
            : throw Rejected();
    }

    private static JsonNode? Find(JsonNode? node, ReadOnlySpan<string> steps, bool orNull = false)
    {
        foreach (string step in steps)
        {
            switch (node)
            {
                case JsonObject map when map.TryGetPropertyValue(step, out JsonNode? child):
                    node = child;
                    break;
                case JsonArray list when Index(step, list.Count - 1) is { } index:
                    node = list[index];
                    break;
                default:
                    return orNull ? null : throw Rejected();
            }
        }

        return node;
    }

    private static JsonNode? Add(JsonNode? root, string[] steps, JsonNode? value)
    {
        if (steps.Length == 0)
        {
            return value;
        }

        switch (Find(root, steps.AsSpan(..^1)))
        {
            case JsonObject map:
                map[steps[^1]] = value;
                break;
            case JsonArray list when steps[^1] == "-":
                list.Add(value);
                break;
            case JsonArray list when Index(steps[^1], list.Count) is { } index:
                list.Insert(index, value);
                break;
            default:
                throw Rejected();
        }

        return root;
    }

    private static void Replace(JsonNode? root, string[] steps, JsonNode? value)
    {
        switch (steps.Length == 0 ? null : Find(root, steps.AsSpan(..^1)))
        {
            case JsonObject map:
                map[steps[^1]] = value;
                break;
            case JsonArray list when Index(steps[^1], list.Count - 1) is { } index:
                list[index] = value;
                break;
            default:
                throw Rejected();
        }
    }

    private static void Remove(JsonNode? root, string[] steps)
    {
        switch (steps.Length == 0 ? null : Find(root, steps.AsSpan(..^1)))
        {
            case JsonObject map when map.ContainsKey(steps[^1]):
                map.Remove(steps[^1]);
                break;
            case JsonArray list when Index(steps[^1], list.Count - 1) is { } index:
                list.RemoveAt(index);
                break;
            default:
                throw Rejected();
        }
    }

    private static int? Index(string step, int last) =>
        int.TryParse(step, NumberStyles.None, CultureInfo.InvariantCulture, out int index) && index <= last ? index : null;
}
