using System.Text.Json.Nodes;
using DaskK8s.Testing.Storage;

namespace DaskK8s.Testing.Patching;

/// <summary>One entry of <c>metadata.managedFields</c>.</summary>
internal sealed class ManagedEntry
{
    public required string Manager { get; init; }

    public required string Operation { get; init; }

    public required string ApiVersion { get; init; }

    public string? Subresource { get; init; }

    public required string Time { get; set; }

    public required FieldTree Fields { get; set; }

    public bool IsOf(string manager, string operation, string apiVersion, string? subresource) =>
        Manager == manager && Operation == operation && ApiVersion == apiVersion && (Subresource ?? string.Empty) == (subresource ?? string.Empty);

    /// <summary>Determines whether this is the entry of what a manager applied, regardless of the API version that it used.</summary>
    public bool IsAppliedBy(string manager, string? subresource) =>
        Manager == manager && Operation == "Apply" && (Subresource ?? string.Empty) == (subresource ?? string.Empty);

    public static List<ManagedEntry> Read(JsonNode? value)
    {
        List<ManagedEntry> entries = [];
        foreach (JsonObject item in value.Objects("metadata", "managedFields"))
        {
            if (item.Text("manager") is { } manager && item.Text("operation") is { } operation && item["fieldsV1"] is JsonObject { Count: > 0 } fields)
            {
                entries.Add(new ManagedEntry
                {
                    Manager = manager,
                    Operation = operation,
                    ApiVersion = item.Text("apiVersion") ?? string.Empty,
                    Subresource = item.Text("subresource"),
                    Time = item.Text("time") ?? string.Empty,
                    Fields = FieldTree.Parse(fields),
                });
            }
        }

        return entries;
    }

    public static void Write(JsonObject value, List<ManagedEntry> entries)
    {
        entries.RemoveAll(entry => entry.Fields.IsEmpty);
        JsonObject metadata = value.Child("metadata");
        if (entries.Count == 0)
        {
            metadata.Remove("managedFields");
            return;
        }

        // The order of the real server: applied entries first, then by time, then by manager.
        IOrderedEnumerable<ManagedEntry> ordered = entries
            .OrderBy(entry => entry.Operation, StringComparer.Ordinal)
            .ThenBy(entry => entry.Time, StringComparer.Ordinal)
            .ThenBy(entry => entry.Manager, StringComparer.Ordinal);
        metadata["managedFields"] = new JsonArray([.. ordered.Select(entry => (JsonNode)entry.ToJson())]);
    }

    private JsonObject ToJson()
    {
        JsonObject json = new()
        {
            ["manager"] = Manager,
            ["operation"] = Operation,
            ["apiVersion"] = ApiVersion,
            ["time"] = Time,
            ["fieldsType"] = "FieldsV1",
            ["fieldsV1"] = Fields.ToJson(),
        };
        if (!string.IsNullOrEmpty(Subresource))
        {
            json["subresource"] = Subresource;
        }

        return json;
    }
}
