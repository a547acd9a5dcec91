using System.Text.Json.Nodes;

namespace DaskK8s.Testing.Storage;

/// <summary>Reads and writes owner references.</summary>
internal static class Owners
{
    public static IEnumerable<string> UidsOf(JsonNode value) => value.Objects("metadata", "ownerReferences").Select(reference => reference.Text("uid") ?? string.Empty);

    public static string? ControllerOf(JsonNode value) => value.Objects("metadata", "ownerReferences").FirstOrDefault(reference => reference.Flag("controller")).Text("uid");

    public static JsonArray Reference(StoredObject owner) =>
    [
        new JsonObject
        {
            ["apiVersion"] = owner.Key.Type.ApiVersion,
            ["kind"] = owner.Key.Type.Kind,
            ["name"] = owner.Key.Name,
            ["uid"] = owner.Uid,
            ["controller"] = true,
            ["blockOwnerDeletion"] = true,
        },
    ];
}
