using System.Text.Json.Nodes;
using DaskK8s.Testing.Storage;

namespace DaskK8s.Testing.Patching;

/// <summary>Applies a configuration as its manager's full intent: conflicts with other managers are reported, and fields that are no longer set are removed.</summary>
internal static class ServerSideApply
{
    public static void Apply(JsonObject live, JsonObject config, string manager, string apiVersion, string? subresource, bool force, DateTimeOffset time)
    {
        JsonObject wanted = ManagedFields.Bare(config)!;
        if (subresource is null)
        {
            wanted.Remove("status");
        }

        JsonObject before = live.CloneObject();
        FieldTree set = FieldTree.Of(string.Empty, wanted, withPresence: false);
        set.Self = false;
        List<ManagedEntry> entries = ManagedEntry.Read(live);
        ManagedEntry? mine = entries.Find(entry => entry.IsAppliedBy(manager, subresource));
        List<ManagedEntry> others = [.. entries.Where(entry => !ReferenceEquals(entry, mine))];

        List<(ManagedEntry Owner, string Path, FieldTree Field)> conflicts = [];
        foreach (ManagedEntry other in others)
        {
            FindConflicts(string.Empty, string.Empty, live, wanted, set, other.Fields, (path, field) => conflicts.Add((other, path, field)), []);
        }

        if (conflicts.Count > 0)
        {
            if (!force)
            {
                throw ConflictOf(conflicts);
            }

            foreach ((ManagedEntry owner, _, FieldTree field) in conflicts)
            {
                owner.Fields.Remove(field, whole: false);
            }
        }

        Merge(live, wanted);
        if (mine is not null)
        {
            // What only an update set is no reason to keep it: appliers alone declare what there shall be.
            Drop(live, string.Empty, mine.Fields, set, [.. others.Where(entry => entry.Operation == "Apply")]);
        }

        if (mine is null || mine.ApiVersion != apiVersion || !mine.Fields.SameAs(set) || !JsonNode.DeepEquals(before, live))
        {
            entries.Remove(mine!);
            entries.Add(new ManagedEntry { Manager = manager, Operation = "Apply", ApiVersion = apiVersion, Subresource = subresource, Time = Json.Timestamp(time), Fields = set });
        }

        ManagedEntry.Write(live, entries);
    }

    private static void Merge(JsonObject live, JsonObject wanted)
    {
        foreach ((string name, JsonNode? value) in wanted)
        {
            switch (value)
            {
                case null when live[name] is JsonObject && !FieldSchema.IsAtomicMap(name):
                case null or JsonArray { Count: 0 } when live[name] is JsonArray && FieldSchema.IsGranularList(name):
                    // Nothing of it is declared, so it stays.
                    break;
                case null:
                    live.Remove(name);
                    break;
                case JsonObject map when live[name] is JsonObject mine && !FieldSchema.IsAtomicMap(name):
                    Merge(mine, map);
                    break;
                case JsonArray list when live[name] is JsonArray mine && FieldSchema.ListKeys(name, list) is { } keys:
                    foreach (JsonObject item in list.OfType<JsonObject>())
                    {
                        string key = FieldSchema.KeyOf(item, keys);
                        if (mine.OfType<JsonObject>().FirstOrDefault(have => FieldSchema.KeyOf(have, keys) == key) is { } found)
                        {
                            Merge(found, item);
                        }
                        else
                        {
                            mine.Add(WithoutNulls(item));
                        }
                    }

                    break;
                case JsonArray list when live[name] is JsonArray mine && FieldSchema.IsSet(name):
                    foreach (JsonNode? item in list.Where(item => !mine.Any(have => JsonNode.DeepEquals(have, item))))
                    {
                        mine.Add(item?.DeepClone());
                    }

                    break;
                default:
                    live[name] = WithoutNulls(value);
                    break;
            }
        }
    }

    /// <summary>Copies a new value without its nulls: they declare a field without setting it.</summary>
    private static JsonNode WithoutNulls(JsonNode value)
    {
        JsonNode copy = value.DeepClone();
        Strip(copy);
        return copy;

        static void Strip(JsonNode? node)
        {
            if (node is JsonObject map)
            {
                foreach ((string name, JsonNode? child) in map.ToList())
                {
                    if (child is null)
                    {
                        map.Remove(name);
                    }
                    else
                    {
                        Strip(child);
                    }
                }
            }
            else if (node is JsonArray list)
            {
                foreach (JsonNode? item in list)
                {
                    Strip(item);
                }
            }
        }
    }

    private static void FindConflicts(
        string path, string field, JsonNode? live, JsonNode? wanted, FieldTree set, FieldTree theirs, Action<string, FieldTree> found, IReadOnlyList<string> steps)
    {
        foreach ((string step, FieldTree child) in set.Children)
        {
            if (!theirs.Children.TryGetValue(step, out FieldTree? theirChild))
            {
                continue;
            }

            (JsonNode? liveChild, JsonNode? wantedChild, string name) = (Step(live, step, field), Step(wanted, step, field), Name(step));
            string childPath = path + Shown(step);
            IReadOnlyList<string> childSteps = [.. steps, step];
            if (child.Children.Count > 0)
            {
                FindConflicts(childPath, name, liveChild, wantedChild, child, theirChild, found, childSteps);
            }
            else if (theirChild.Self && !JsonNode.DeepEquals(Normal(name, liveChild), Normal(name, wantedChild)))
            {
                FieldTree only = new() { Self = true };
                foreach (string up in childSteps.Reverse())
                {
                    FieldTree parent = new();
                    parent.Children[up] = only;
                    only = parent;
                }

                found(childPath, only);
            }
        }
    }

    /// <summary>Removes the fields that this manager set before and no longer sets, unless another manager owns them.</summary>
    private static void Drop(JsonNode? live, string field, FieldTree before, FieldTree now, IReadOnlyList<ManagedEntry> others) =>
        Drop(live, field, before, now, [.. others.Select(entry => entry.Fields)]);

    private static void Drop(JsonNode? live, string field, FieldTree before, FieldTree? now, IReadOnlyList<FieldTree> others)
    {
        foreach ((string step, FieldTree child) in before.Children)
        {
            FieldTree? nowChild = now?.Children.GetValueOrDefault(step);
            FieldTree[] theirs = [.. others.Select(other => other.Children.GetValueOrDefault(step)).OfType<FieldTree>()];
            if (nowChild is null && theirs.Length == 0)
            {
                RemoveStep(live, step, field);
            }
            else
            {
                Drop(Step(live, step, field), Name(step), child, nowChild, theirs);
            }
        }
    }

    private static void RemoveStep(JsonNode? live, string step, string field)
    {
        if (live is JsonObject map && step.StartsWith("f:", StringComparison.Ordinal))
        {
            map.Remove(step[2..]);
        }
        else if (live is JsonArray list && Step(live, step, field) is { } item)
        {
            list.Remove(item);
        }
    }

    private static JsonNode? Step(JsonNode? node, string step, string field) => node switch
    {
        JsonObject map when step.StartsWith("f:", StringComparison.Ordinal) => map[step[2..]],
        JsonArray list when step.StartsWith("k:", StringComparison.Ordinal) && FieldSchema.ListKeys(field, list) is { } keys =>
            list.OfType<JsonObject>().FirstOrDefault(item => FieldSchema.KeyOf(item, keys) == step),
        JsonArray list when step.StartsWith("v:", StringComparison.Ordinal) => list.FirstOrDefault(item => $"v:{item?.ToJsonString()}" == step),
        _ => null,
    };

    private static string Name(string step) => step.StartsWith("f:", StringComparison.Ordinal) ? step[2..] : string.Empty;

    private static string Shown(string step)
    {
        if (step.StartsWith("f:", StringComparison.Ordinal))
        {
            return $".{step[2..]}";
        }

        return JsonNode.Parse(step[2..]) is JsonObject key
            ? $"[{string.Join(",", key.Select(pair => $"{pair.Key}={pair.Value?.ToJsonString()}"))}]"
            : $"[={step[2..]}]";
    }

    /// <summary>Converts a quantity, which may be written as a number, to a string.</summary>
    private static JsonNode? Normal(string name, JsonNode? value) =>
        value is JsonValue && name is not "replicas" ? JsonValue.Create(Quantity.TryCanonical(value.Text()) ?? value.Text()) : value;

    private static ApiException ConflictOf(List<(ManagedEntry Owner, string Path, FieldTree Field)> conflicts)
    {
        static string Who(ManagedEntry owner) =>
            $"\"{owner.Manager}\"{(string.IsNullOrEmpty(owner.Subresource) ? string.Empty : $" with subresource \"{owner.Subresource}\"")} using {owner.ApiVersion}";
        string count = conflicts.Count == 1 ? "1 conflict" : $"{conflicts.Count} conflicts";
        IEnumerable<string> groups = conflicts.GroupBy(conflict => Who(conflict.Owner)).Select(group =>
            group.Count() == 1 ? $"conflict with {group.Key}: {group.First().Path}" : $"conflicts with {group.Key}:\n{string.Join("\n", group.Select(conflict => $"- {conflict.Path}"))}");
        return new ApiException(409, "Conflict", $"Apply failed with {count}: {string.Join("\n", groups)}")
        {
            Details = new JsonObject
            {
                ["causes"] = new JsonArray([.. conflicts.Select(conflict => (JsonNode)new JsonObject
                {
                    ["reason"] = "FieldManagerConflict",
                    ["message"] = $"conflict with {Who(conflict.Owner)}",
                    ["field"] = conflict.Path,
                })]),
            },
        };
    }
}
