using System.Text.Json.Nodes;

namespace DaskK8s.Testing.Storage;

/// <summary>A field selector of a query; as on the real server, each kind of object supports only a few fields.</summary>
internal sealed class FieldSelector
{
    private static readonly Dictionary<ResourceType, HashSet<string>> Fields = new()
    {
        [ResourceTypes.Pods] = ["spec.nodeName", "spec.restartPolicy", "spec.schedulerName", "spec.serviceAccountName", "status.phase", "status.podIP"],
        [ResourceTypes.Events] =
        [
            "involvedObject.kind", "involvedObject.namespace", "involvedObject.name", "involvedObject.uid", "involvedObject.apiVersion",
            "involvedObject.resourceVersion", "involvedObject.fieldPath", "reason", "reportingComponent", "source", "type",
        ],
        [ResourceTypes.Secrets] = ["type"],
        [ResourceTypes.Namespaces] = ["status.phase"],
        [ResourceTypes.ReplicaSets] = ["status.replicas"],
        [ResourceTypes.Nodes] = ["spec.unschedulable"],
        [ResourceTypes.Services] = ["spec.clusterIP", "spec.type"],
    };

    private readonly List<(string[] Path, string Value, bool Negated)> _terms = [];

    public bool IsEmpty => _terms.Count == 0;

    /// <summary>Gets the only name that the selector matches, which authorization then checks.</summary>
    public string? Name => _terms.Find(term => !term.Negated && term.Path is ["metadata", "name"]).Value;

    public static FieldSelector Parse(string? text, ResourceType type)
    {
        FieldSelector selector = new();
        foreach (string term in (text ?? string.Empty).Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            bool negated = term.Contains("!=", StringComparison.Ordinal);
            string[] sides = term.Split(negated ? "!=" : term.Contains("==", StringComparison.Ordinal) ? "==" : "=", 2);
            if (sides.Length != 2)
            {
                throw ApiException.BadRequest($"Unable to find \"{type.ApiVersion}, Resource={type.Plural}\" that match label selector \"\", field selector \"{text}\": invalid selector: '{term}'; can't understand '{term}'");
            }

            if (sides[0] is not ("metadata.name" or "metadata.namespace") && !(Fields.TryGetValue(type, out HashSet<string>? known) && known.Contains(sides[0])))
            {
                throw ApiException.BadRequest($"field label not supported: {sides[0]}");
            }

            selector._terms.Add((sides[0].Split('.'), sides[1], negated));
        }

        return selector;
    }

    public bool Matches(JsonNode value) =>
        _terms.TrueForAll(term => ((value.Text(term.Path) ?? string.Empty) == term.Value) != term.Negated);
}
