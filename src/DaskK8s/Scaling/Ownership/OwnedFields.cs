using System.Text.Json;
using System.Text.Json.Nodes;

namespace DaskK8s.Scaling.Ownership;

/// <summary>Extracts from a live object the fields that one manager owns, and compares sets of owned fields.</summary>
/// <remarks>
/// <c>fieldsV1</c> writes a field as <c>f:name</c>, a list's item as <c>k:{its keys}</c>, a value of a set as <c>v:value</c>, and
/// <c>.</c> for the field itself. An empty object is a leaf: a scalar, or an atomic list or map. It does not distinguish these
/// from an empty map or a null that was applied and that others have filled since, so a projection is only a proposal: the API
/// server's dry run shows whether it is right (see <see cref="OwnerApply"/>).
/// </remarks>
internal static class OwnedFields
{
    private const string Itself = ".";

    /// <summary>Atomic maps of a Deployment, which change as a whole; other maps have an owner for each field.</summary>
    private static readonly HashSet<string> AtomicMaps = new(StringComparer.Ordinal)
    {
        "selector", "nodeSelector", "labelSelector", "namespaceSelector", "fieldRef", "resourceFieldRef", "secretKeyRef", "configMapKeyRef", "fileKeyRef",
        "secretRef", "nodePublishSecretRef", "requiredDuringSchedulingIgnoredDuringExecution", "preference", "dataSource", "scopeSelector",
    };

    /// <summary>Lists of a Deployment whose items have their own owners; such a list is only a leaf if it was applied as null.</summary>
    private static readonly HashSet<string> GranularLists = new(StringComparer.Ordinal)
    {
        "containers", "initContainers", "ephemeralContainers", "env", "ports", "volumes", "volumeMounts", "volumeDevices", "imagePullSecrets", "hostAliases",
        "topologySpreadConstraints", "resourceClaims", "schedulingGates", "claims", "conditions", "ownerReferences", "finalizers",
    };

    /// <summary>Returns the part of an object that a set of fields selects.</summary>
    /// <exception cref="UncertainOwnershipException">The fields cannot be identified in the object with certainty.</exception>
    public static JsonObject Project(JsonObject set, JsonObject live) => ProjectMap(set, live, "");

    /// <summary>Returns the paths of the fields of one set that another set lacks.</summary>
    public static IEnumerable<string> Missing(JsonObject from, JsonObject set) => Members(set, "").Except(Members(from, ""), StringComparer.Ordinal);

    /// <summary>Determines whether a path is that of a list item's key that the server defaults, such as a port's <c>protocol</c>.</summary>
    public static bool IsKeyOfItem(string path)
    {
        int field = path.LastIndexOf("/f:", StringComparison.Ordinal);
        int item = path.LastIndexOf("/k:", StringComparison.Ordinal);
        return item >= 0 && field > item && KeysOf(path[(item + 1)..field])?.ContainsKey(path[(field + 3)..]) == true;
    }

    private static IEnumerable<string> Members(JsonObject set, string path)
    {
        foreach ((string step, JsonNode? child) in set)
        {
            if (step == Itself)
            {
                yield return path;
            }
            else if (child is JsonObject { Count: > 0 } below)
            {
                foreach (string member in Members(below, $"{path}/{step}"))
                {
                    yield return member;
                }
            }
            else
            {
                yield return $"{path}/{step}";
            }
        }
    }

    private static JsonNode? ProjectField(JsonObject set, JsonNode? live, string path, string name)
    {
        if (set.All(static child => child.Key == Itself))
        {
            return ProjectLeaf(live, name);
        }

        return live switch
        {
            JsonObject map => ProjectMap(set, map, path),
            JsonArray list => ProjectList(set, list, path),
            _ => throw new UncertainOwnershipException($"{path} has owned fields that the live object lacks"),
        };
    }

    /// <summary>Returns the value for a leaf: atomic values are copied; values that others may have filled are included empty.</summary>
    private static JsonNode? ProjectLeaf(JsonNode? live, string name) => live switch
    {
        JsonObject { Count: > 0 } when !AtomicMaps.Contains(name) => new JsonObject(),
        JsonArray when GranularLists.Contains(name) => null,

        // It was applied as null or empty, and the server does not show it: null says the same.
        null => null,
        _ => live.DeepClone(),
    };

    private static JsonObject ProjectMap(JsonObject set, JsonObject live, string path)
    {
        JsonObject part = [];
        foreach ((string step, JsonNode? child) in set)
        {
            if (step == Itself)
            {
                continue;
            }

            if (!step.StartsWith("f:", StringComparison.Ordinal))
            {
                throw new UncertainOwnershipException($"{path}/{step} does not name a field of a map");
            }

            string name = step[2..];
            part[name] = ProjectField(child as JsonObject ?? [], live[name], $"{path}/{step}", name);
        }

        return part;
    }

    private static JsonArray ProjectList(JsonObject set, JsonArray live, string path)
    {
        JsonNode?[] items = new JsonNode?[live.Count];
        foreach ((string step, JsonNode? child) in set)
        {
            if (step == Itself)
            {
                continue;
            }

            JsonObject below = child as JsonObject ?? [];
            if (KeysOf(step) is { } keys)
            {
                int index = Single(live, item => item is JsonObject map && keys.All(key => JsonNode.DeepEquals(map[key.Key], key.Value)), $"{path}/{step}");
                items[index] = below.All(static c => c.Key == Itself) ? live[index]!.DeepClone() : WithKeys(ProjectMap(below, (JsonObject)live[index]!, $"{path}/{step}"), keys);
            }
            else if (step.StartsWith("v:", StringComparison.Ordinal) && Parse(step[2..]) is { } value)
            {
                int index = Single(live, item => JsonNode.DeepEquals(item, value), $"{path}/{step}");
                items[index] = live[index]!.DeepClone();
            }
            else
            {
                // An index (i:) says nothing once others have changed the list.
                throw new UncertainOwnershipException($"{path}/{step} does not name an item that differs from others");
            }
        }

        return [.. items.OfType<JsonNode>()];
    }

    private static JsonObject WithKeys(JsonObject item, JsonObject keys)
    {
        foreach ((string name, JsonNode? value) in keys)
        {
            item[name] ??= value?.DeepClone();
        }

        return item;
    }

    private static int Single(JsonArray live, Func<JsonNode?, bool> isMeant, string path)
    {
        int[] found = [.. Enumerable.Range(0, live.Count).Where(i => isMeant(live[i]))];
        return found.Length == 1
            ? found[0]
            : throw new UncertainOwnershipException($"{path} is {(found.Length == 0 ? "not in the live object" : "in the live object more than once")}");
    }

    private static JsonObject? KeysOf(string step) => step.StartsWith("k:", StringComparison.Ordinal) ? Parse(step[2..]) as JsonObject : null;

    private static JsonNode? Parse(string text)
    {
        try
        {
            return JsonNode.Parse(text);
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
