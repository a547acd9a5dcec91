using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using DaskK8s.Testing.Storage;

namespace DaskK8s.Testing.Api;

/// <summary>Rejects invalid objects with the real server's messages, for the errors that clients are likely to encounter.</summary>
internal static partial class Validation
{
    private const string NameRule =
        "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";

    private const string LabelRule =
        "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')";

    private const int MaxData = 1024 * 1024;

    public static void Check(ObjectKey key, JsonObject value, JsonObject? old)
    {
        List<InvalidField> wrong = [];
        // Names of roles may hold colons.
        if (old is null && !key.Type.Group.StartsWith("rbac", StringComparison.Ordinal) && (key.Name.Length > 253 || !Name().IsMatch(key.Name)))
        {
            wrong.Add(InvalidField.Value("metadata.name", $"\"{key.Name}\"", NameRule));
        }

        foreach ((string name, string label) in value.Map("metadata", "labels"))
        {
            if (label.Length > 63)
            {
                wrong.Add(InvalidField.Value("metadata.labels", $"\"{label}\"", "must be no more than 63 characters"));
            }
            else if (!Label().IsMatch(label))
            {
                wrong.Add(InvalidField.Value("metadata.labels", $"\"{label}\"", LabelRule));
            }

            _ = name;
        }

        if (key.Type == ResourceTypes.Secrets || key.Type == ResourceTypes.ConfigMaps)
        {
            long size = value.Map("data").Values.Sum(text => key.Type == ResourceTypes.Secrets ? text.Length / 4L * 3 : text.Length);
            if (size > MaxData)
            {
                wrong.Add(new InvalidField("data", "FieldValueTooLong", $"Too long: may not be more than {MaxData} bytes"));
            }
        }

        Typed(key, value, old, wrong);
        if (wrong.Count > 0)
        {
            throw ApiException.Invalid(key, wrong);
        }
    }

    /// <summary>Rejects values of the wrong type as the decoder does: with 400 for an object, 422 for a patch.</summary>
    public static void CheckTypes(ResourceType type, JsonObject value)
    {
        if ((type == ResourceTypes.Deployments || type == ResourceTypes.ReplicaSets) && value.At("spec", "replicas") is JsonValue replicas
            && (replicas.GetValueKind() != JsonValueKind.Number || !int.TryParse(replicas.ToJsonString(), out _)))
        {
            string kind = replicas.GetValueKind() == JsonValueKind.Number ? $"number {replicas.ToJsonString()}" : replicas.GetValueKind().ToString().ToLowerInvariant();
            throw ApiException.BadRequest($"{type.Kind} in version \"{type.Version}\" cannot be handled as a {type.Kind}: json: cannot unmarshal {kind} into Go struct field {type.Kind}Spec.spec.replicas of type int32");
        }
    }

    private static void Typed(ObjectKey key, JsonObject value, JsonObject? old, List<InvalidField> wrong)
    {
        if (key.Type == ResourceTypes.Deployments || key.Type == ResourceTypes.ReplicaSets)
        {
            Workload(key, value, old, wrong);
        }
        else if (key.Type == ResourceTypes.Pods)
        {
            Containers(value.At("spec"), "spec", wrong);
            if (old is not null && !SameButMutable(old.At("spec"), value.At("spec")))
            {
                wrong.Add(new InvalidField("spec", "FieldValueForbidden", "Forbidden: pod updates may not change fields other than `spec.containers[*].image`,`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing tolerations),`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)"));
            }
        }
        else if (key.Type == ResourceTypes.Services)
        {
            string type = value.Text("spec", "type") ?? "ClusterIP";
            if (type is not ("ClusterIP" or "NodePort" or "LoadBalancer" or "ExternalName"))
            {
                wrong.Add(InvalidField.Unsupported("spec.type", type, "ClusterIP", "ExternalName", "LoadBalancer", "NodePort"));
            }

            if (type != "ExternalName" && !value.Objects("spec", "ports").Any() && value.Text("spec", "clusterIP") != "None")
            {
                wrong.Add(InvalidField.Required("spec.ports"));
            }
        }
        else if (old is not null && (key.Type == ResourceTypes.Secrets || key.Type == ResourceTypes.ConfigMaps) && old.Flag("immutable")
            && (!JsonNode.DeepEquals(old["data"], value["data"]) || !value.Flag("immutable")))
        {
            wrong.Add(new InvalidField("data", "FieldValueForbidden", "Forbidden: field is immutable when `immutable` is set"));
        }
        else if (old is not null && key.Type == ResourceTypes.Secrets && old.Text("type") != value.Text("type"))
        {
            wrong.Add(InvalidField.Value("type", $"\"{value.Text("type")}\"", "field is immutable"));
        }
    }

    private static void Workload(ObjectKey key, JsonObject value, JsonObject? old, List<InvalidField> wrong)
    {
        if (value.Number("spec", "replicas") is < 0 and { } replicas)
        {
            wrong.Add(InvalidField.Value("spec.replicas", replicas.ToString(System.Globalization.CultureInfo.InvariantCulture), "must be greater than or equal to 0"));
        }

        JsonNode? selector = value.At("spec", "selector");
        if (selector is not JsonObject { Count: > 0 })
        {
            wrong.Add(InvalidField.Required("spec.selector"));
        }
        else if (!LabelSelector.From(selector).Matches(value.At("spec", "template") ?? new JsonObject()))
        {
            string labels = value.At("spec", "template", "metadata", "labels")?.ToJsonString() ?? "null";
            wrong.Add(InvalidField.Value("spec.template.metadata.labels", labels, $"`selector` does not match template `labels`"));
        }

        if (old is not null && !JsonNode.DeepEquals(old.At("spec", "selector"), selector))
        {
            wrong.Add(InvalidField.Value("spec.selector", selector?.ToJsonString() ?? "null", "field is immutable"));
        }

        Containers(value.At("spec", "template", "spec"), "spec.template.spec", wrong);
        _ = key;
    }

    private static void Containers(JsonNode? spec, string path, List<InvalidField> wrong)
    {
        List<JsonObject> containers = [.. spec.Objects("containers")];
        if (containers.Count == 0)
        {
            wrong.Add(InvalidField.Required($"{path}.containers"));
        }

        for (int i = 0; i < containers.Count; i++)
        {
            if (string.IsNullOrEmpty(containers[i].Text("name")))
            {
                wrong.Add(InvalidField.Required($"{path}.containers[{i}].name"));
            }

            if (string.IsNullOrEmpty(containers[i].Text("image")))
            {
                wrong.Add(InvalidField.Required($"{path}.containers[{i}].image"));
            }
        }
    }

    private static bool SameButMutable(JsonNode? old, JsonNode? now)
    {
        static JsonObject Fixed(JsonNode? spec)
        {
            JsonObject copy = spec?.CloneObject() ?? [];
            copy.Remove("activeDeadlineSeconds");
            copy.Remove("tolerations");
            copy.Remove("terminationGracePeriodSeconds");
            foreach (JsonObject container in copy.Objects("containers").Concat(copy.Objects("initContainers")))
            {
                container.Remove("image");
            }

            return copy;
        }

        return JsonNode.DeepEquals(Fixed(old), Fixed(now));
    }

    [GeneratedRegex(@"^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$")]
    private static partial Regex Name();

    [GeneratedRegex(@"^(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?$")]
    private static partial Regex Label();
}
