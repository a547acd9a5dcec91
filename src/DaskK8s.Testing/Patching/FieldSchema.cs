using System.Text.Json.Nodes;

namespace DaskK8s.Testing.Patching;

/// <summary>Contains the lists that are maps with keys in the API's schema; all other lists are replaced as a whole.</summary>
internal static class FieldSchema
{
    private static readonly Dictionary<string, string[]> Keys = new(StringComparer.Ordinal)
    {
        ["containers"] = ["name"],
        ["initContainers"] = ["name"],
        ["ephemeralContainers"] = ["name"],
        ["env"] = ["name"],
        ["volumes"] = ["name"],
        ["volumeMounts"] = ["mountPath"],
        ["volumeDevices"] = ["devicePath"],
        ["conditions"] = ["type"],
        ["ownerReferences"] = ["uid"],
        ["imagePullSecrets"] = ["name"],
        ["secrets"] = ["name"],
        ["hostAliases"] = ["ip"],
        ["podIPs"] = ["ip"],
        ["hostIPs"] = ["ip"],
        ["topologySpreadConstraints"] = ["topologyKey", "whenUnsatisfiable"],
        ["resourceClaims"] = ["name"],
        ["schedulingGates"] = ["name"],
        ["claims"] = ["name"],
    };

    /// <summary>Maps that change as a whole.</summary>
    private static readonly HashSet<string> AtomicMaps = new(StringComparer.Ordinal)
    {
        "selector", "nodeSelector", "fieldRef", "resourceFieldRef", "secretKeyRef", "configMapKeyRef", "roleRef", "labelSelector", "namespaceSelector",
        "requiredDuringSchedulingIgnoredDuringExecution", "involvedObject",
    };

    /// <summary>Lists whose items change as a whole.</summary>
    private static readonly HashSet<string> AtomicItems = new(StringComparer.Ordinal) { "ownerReferences", "imagePullSecrets" };

    /// <summary>Structures that are always present, so that their presence has no owner.</summary>
    private static readonly HashSet<string> AlwaysThere = new(StringComparer.Ordinal) { "metadata", "spec", "status", "template", "strategy", "containers" };

    public static bool IsAtomicMap(string field) => AtomicMaps.Contains(field);

    public static bool IsAlwaysThere(string field) => AlwaysThere.Contains(field);

    public static bool HasAtomicItems(string field) => AtomicItems.Contains(field);

    /// <summary>Determines whether the items of the list have their own owners, so that an empty list has no owner.</summary>
    public static bool IsGranularList(string field) => field == "ports" || Keys.ContainsKey(field) || IsSet(field);

    public static bool IsSet(string field) => field == "finalizers";

    /// <summary>Returns the fields that identify an item of the list; null if the list is atomic.</summary>
    public static string[]? ListKeys(string field, JsonArray list)
    {
        if (list.Count == 0 || !list.All(item => item is JsonObject))
        {
            return null;
        }

        if (field == "ports")
        {
            return list.All(item => ((JsonObject)item!).ContainsKey("containerPort")) ? ["containerPort", "protocol"]
                : list.All(item => ((JsonObject)item!).ContainsKey("port")) ? ["port", "protocol"]
                : null;
        }

        return Keys.TryGetValue(field, out string[]? keys) && list.All(item => ((JsonObject)item!).ContainsKey(keys[0])) ? keys : null;
    }

    /// <summary>Returns the single key by which a strategic merge patch merges the list: the first one.</summary>
    public static string? MergeKey(string field, JsonArray list) => ListKeys(field, list)?[0];

    /// <summary>Writes an item's identity as <c>fieldsV1</c> does: <c>k:{"name":"worker"}</c>.</summary>
    public static string KeyOf(JsonObject item, string[] keys)
    {
        JsonObject key = [];
        foreach (string name in keys)
        {
            JsonNode? value = item[name]?.DeepClone() ?? (name == "protocol" ? JsonValue.Create("TCP") : null);
            if (value is not null)
            {
                key[name] = value;
            }
        }

        return $"k:{key.ToJsonString(Compact)}";
    }

    private static readonly System.Text.Json.JsonSerializerOptions Compact = new() { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };
}
