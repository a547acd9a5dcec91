using System.Text.Json;
using System.Text.Json.Nodes;

namespace DaskK8s.Scaling.Ownership;

/// <summary>An entry of <c>metadata.managedFields</c>: the fields that a manager owns.</summary>
/// <param name="Manager">The manager's name.</param>
/// <param name="Operation"><c>Apply</c> or <c>Update</c>.</param>
/// <param name="ApiVersion">The API version of the fields.</param>
/// <param name="Subresource">The subresource that was changed, or an empty string.</param>
/// <param name="Fields">The fields in <c>fieldsV1</c> format; null if they cannot be parsed.</param>
internal sealed record FieldEntry(string Manager, string Operation, string ApiVersion, string Subresource, JsonObject? Fields)
{
    public const string Apply = "Apply";

    /// <summary>Gets whether the manager applied fields of the object itself (Helm 4, Flux, Argo CD with server-side apply).</summary>
    public bool IsApplied => Operation == Apply && Subresource.Length == 0;

    public bool OwnsReplicas => OwnsReplicasIn(Fields);

    /// <summary>Gets the key of the entry: a manager has one entry for each combination.</summary>
    public (string Manager, string Operation, string ApiVersion, string Subresource) Key => (Manager, Operation, ApiVersion, Subresource);

    /// <summary>Reads a Deployment's entries.</summary>
    public static IReadOnlyList<FieldEntry> Read(JsonObject deployment) => deployment["metadata"]?["managedFields"] is JsonArray entries
        ? [.. entries.Select(static entry => Parse(entry as JsonObject ?? []))]
        : [];

    /// <summary>Determines whether the fields include <c>spec.replicas</c>; <paramref name="fields"/> can be the client's JSON element.</summary>
    public static bool OwnsReplicasIn(object? fields) => fields switch
    {
        JsonObject set => set["f:spec"] is JsonObject spec && spec.ContainsKey("f:replicas"),
        JsonElement { ValueKind: JsonValueKind.Object } set =>
            set.TryGetProperty("f:spec", out JsonElement spec) && spec.ValueKind == JsonValueKind.Object && spec.TryGetProperty("f:replicas", out _),
        _ => false,
    };

    private static FieldEntry Parse(JsonObject entry) => new(
        Text(entry, "manager"),
        Text(entry, "operation"),
        Text(entry, "apiVersion"),
        Text(entry, "subresource"),
        Text(entry, "fieldsType") is "FieldsV1" or "" ? entry["fieldsV1"] as JsonObject : null);

    private static string Text(JsonObject entry, string name) => entry[name] is JsonValue value && value.TryGetValue(out string? text) ? text : "";
}
