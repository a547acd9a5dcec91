using System.Text.Json.Nodes;
using DaskK8s.Testing.Storage;

namespace DaskK8s.Testing.Patching;

/// <summary>Applies a strategic merge patch: lists with a merge key are merged by it, directives start with <c>$</c>.</summary>
internal static class StrategicMergePatch
{
    public static JsonObject Apply(JsonObject target, JsonObject patch)
    {
        string? directive = patch.Text("$patch");
        if (directive == "replace")
        {
            JsonObject whole = patch.CloneObject();
            whole.Remove("$patch");
            return whole;
        }

        if (directive == "delete")
        {
            return [];
        }

        foreach ((string name, JsonNode? change) in patch)
        {
            if (name.StartsWith("$deleteFromPrimitiveList/", StringComparison.Ordinal))
            {
                DeleteFromList(target, name[(name.IndexOf('/', StringComparison.Ordinal) + 1)..], change);
            }
            else if (name == "$retainKeys" && change is JsonArray retained)
            {
                HashSet<string> keep = [.. retained.Select(key => key.Text() ?? string.Empty)];
                foreach (string gone in target.Select(pair => pair.Key).Where(key => !keep.Contains(key)).ToList())
                {
                    target.Remove(gone);
                }
            }
            else if (!name.StartsWith('$'))
            {
                ApplyField(target, name, change);
            }
        }

        return target;
    }

    private static void ApplyField(JsonObject target, string name, JsonNode? change)
    {
        switch (change)
        {
            case null:
                target.Remove(name);
                break;
            case JsonObject map:
                JsonObject current = target[name] as JsonObject ?? [];
                JsonObject merged = Apply(current, map);
                if (!ReferenceEquals(merged, target[name]))
                {
                    target[name] = merged.Parent is null ? merged : merged.DeepClone();
                }

                break;
            case JsonArray list when target[name] is JsonArray mine && (FieldSchema.MergeKey(name, mine) ?? FieldSchema.MergeKey(name, Plain(list))) is { } key:
                MergeList(mine, list, key);
                break;
            case JsonArray list when FieldSchema.IsSet(name) && target[name] is JsonArray mine:
                foreach (JsonNode? item in list.Where(item => !mine.Any(have => JsonNode.DeepEquals(have, item))))
                {
                    mine.Add(item?.DeepClone());
                }

                break;
            case JsonArray list:
                target[name] = Plain(list);
                break;
            default:
                target[name] = change.DeepClone();
                break;
        }
    }

    private static void MergeList(JsonArray mine, JsonArray changes, string key)
    {
        if (changes.OfType<JsonObject>().Any(item => item.Text("$patch") == "replace"))
        {
            mine.Clear();
        }

        foreach (JsonObject change in changes.OfType<JsonObject>())
        {
            string? directive = change.Text("$patch");
            if (directive == "replace" && change.Count == 1)
            {
                continue;
            }

            if (change.Text(key) is not { } identity)
            {
                throw ApiException.BadRequest($"map: {change.ToJsonString()} does not contain declared merge key: {key}");
            }

            JsonObject? item = mine.OfType<JsonObject>().FirstOrDefault(have => have.Text(key) == identity);
            if (directive == "delete")
            {
                if (item is not null)
                {
                    mine.Remove(item);
                }
            }
            else if (item is null)
            {
                mine.Add(Apply([], change));
            }
            else
            {
                Apply(item, change);
            }
        }
    }

    private static void DeleteFromList(JsonObject target, string name, JsonNode? values)
    {
        if (target[name] is JsonArray list && values is JsonArray gone)
        {
            foreach (JsonNode? item in list.Where(item => gone.Any(value => JsonNode.DeepEquals(value, item))).ToList())
            {
                list.Remove(item);
            }
        }
    }

    /// <summary>Returns the list without directives, for a field that has no list yet.</summary>
    private static JsonArray Plain(JsonArray list)
    {
        JsonArray plain = [];
        foreach (JsonNode? item in list)
        {
            if (item is JsonObject map)
            {
                if (map.Text("$patch") is null)
                {
                    plain.Add(Apply([], map));
                }
            }
            else
            {
                plain.Add(item?.DeepClone());
            }
        }

        return plain;
    }
}
