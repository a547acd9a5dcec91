using System.Text.Json.Nodes;

namespace DaskK8s.Testing.Patching;

/// <summary>A set of fields of an object, as <c>metadata.managedFields</c> writes it (fieldsV1).</summary>
internal sealed class FieldTree
{
    public SortedDictionary<string, FieldTree> Children { get; } = new(StringComparer.Ordinal);

    /// <summary>Gets or sets a value indicating whether the field itself belongs to the set.</summary>
    public bool Self { get; set; }

    public bool IsEmpty => !Self && Children.Count == 0;

    public static FieldTree Parse(JsonNode? node)
    {
        FieldTree tree = new();
        if (node is not JsonObject map || map.Count == 0)
        {
            tree.Self = true;
            return tree;
        }

        foreach ((string name, JsonNode? child) in map)
        {
            if (name == ".")
            {
                tree.Self = true;
            }
            else
            {
                tree.Children[name] = Parse(child);
            }
        }

        return tree;
    }

    public JsonObject ToJson()
    {
        JsonObject json = [];
        if (Self && Children.Count > 0)
        {
            json["."] = new JsonObject();
        }

        foreach ((string name, FieldTree child) in Children)
        {
            json[name] = child.ToJson();
        }

        return json;
    }

    /// <summary>Collects the fields that a value sets; <paramref name="withPresence"/> also includes the presence of maps.</summary>
    public static FieldTree Of(string field, JsonNode? value, bool withPresence)
    {
        FieldTree tree = new();
        switch (value)
        {
            case JsonObject map when map.Count > 0 && !FieldSchema.IsAtomicMap(field):
                tree.Self = withPresence && !FieldSchema.IsAlwaysThere(field);
                foreach ((string name, JsonNode? child) in map)
                {
                    if (Of(name, child, withPresence) is { IsEmpty: false } below)
                    {
                        tree.Children[$"f:{name}"] = below;
                    }
                }

                break;
            case JsonArray { Count: > 0 } list when FieldSchema.ListKeys(field, list) is { } keys:
                tree.Self = withPresence && !FieldSchema.IsAlwaysThere(field);
                foreach (JsonObject item in list.OfType<JsonObject>())
                {
                    // Some items are one thing; of the others each field has its owner.
                    FieldTree member = FieldSchema.HasAtomicItems(field) ? new FieldTree() : Of(string.Empty, item, withPresence);
                    member.Self = true;
                    tree.Children[FieldSchema.KeyOf(item, keys)] = member;
                }

                break;
            case JsonArray { Count: > 0 } list when FieldSchema.IsSet(field):
                tree.Self = withPresence;
                foreach (JsonNode? item in list)
                {
                    tree.Children[$"v:{item?.ToJsonString()}"] = new FieldTree { Self = true };
                }

                break;
            case JsonArray { Count: 0 } when !withPresence && FieldSchema.IsGranularList(field):
                break;
            default:
                tree.Self = true;
                break;
        }

        return tree;
    }

    /// <summary>Compares two values: what was added or changed, and what was removed.</summary>
    public static void Compare(string field, JsonNode? old, JsonNode? now, FieldTree changed, FieldTree removed)
    {
        if (JsonNode.DeepEquals(old, now))
        {
            return;
        }

        if (old is JsonObject oldMap && now is JsonObject nowMap && !FieldSchema.IsAtomicMap(field))
        {
            foreach (string name in oldMap.Select(pair => pair.Key).Union(nowMap.Select(pair => pair.Key)))
            {
                CompareChild($"f:{name}", name, oldMap.ContainsKey(name), oldMap[name], nowMap.ContainsKey(name), nowMap[name], changed, removed);
            }

            return;
        }

        if (old is JsonArray oldList && now is JsonArray nowList && (FieldSchema.ListKeys(field, nowList) ?? FieldSchema.ListKeys(field, oldList)) is { } keys
            && (nowList.Count == 0 || FieldSchema.ListKeys(field, nowList) is not null) && (oldList.Count == 0 || FieldSchema.ListKeys(field, oldList) is not null))
        {
            Dictionary<string, JsonObject> before = ByKey(oldList, keys);
            Dictionary<string, JsonObject> after = ByKey(nowList, keys);
            foreach (string key in before.Keys.Union(after.Keys))
            {
                CompareChild(key, string.Empty, before.ContainsKey(key), before.GetValueOrDefault(key), after.ContainsKey(key), after.GetValueOrDefault(key), changed, removed);
            }

            return;
        }

        changed.Self = true;
    }

    public void Add(FieldTree other)
    {
        Self |= other.Self;
        foreach ((string name, FieldTree child) in other.Children)
        {
            if (!Children.TryGetValue(name, out FieldTree? mine))
            {
                Children[name] = mine = new FieldTree();
            }

            mine.Add(child);
        }
    }

    /// <summary>Removes each field of another set; <paramref name="whole"/> removes its children too.</summary>
    public void Remove(FieldTree other, bool whole)
    {
        if (other.Self)
        {
            Self = false;
            if (whole)
            {
                Children.Clear();
            }
        }

        foreach ((string name, FieldTree child) in other.Children)
        {
            if (Children.TryGetValue(name, out FieldTree? mine))
            {
                mine.Remove(child, whole);
                if (mine.IsEmpty)
                {
                    Children.Remove(name);
                }
            }
        }
    }

    public bool SameAs(FieldTree other) => JsonNode.DeepEquals(ToJson(), other.ToJson()) && Self == other.Self;

    private static Dictionary<string, JsonObject> ByKey(JsonArray list, string[] keys)
    {
        Dictionary<string, JsonObject> items = new(StringComparer.Ordinal);
        foreach (JsonObject item in list.OfType<JsonObject>())
        {
            items[FieldSchema.KeyOf(item, keys)] = item;
        }

        return items;
    }

    private static void CompareChild(string key, string field, bool was, JsonNode? old, bool isThere, JsonNode? now, FieldTree changed, FieldTree removed)
    {
        if (was && !isThere)
        {
            removed.Children[key] = new FieldTree { Self = true };
        }
        else if (!was)
        {
            FieldTree added = Of(field, now, withPresence: true);
            added.Self |= key.StartsWith("k:", StringComparison.Ordinal);
            changed.Children[key] = added;
        }
        else
        {
            FieldTree below = new();
            FieldTree gone = new();
            Compare(field, old, now, below, gone);
            if (!below.IsEmpty)
            {
                changed.Children[key] = below;
            }

            if (!gone.IsEmpty)
            {
                removed.Children[key] = gone;
            }
        }
    }
}
