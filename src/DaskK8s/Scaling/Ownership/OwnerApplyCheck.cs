using System.Text.Json.Nodes;

namespace DaskK8s.Scaling.Ownership;

/// <summary>Checks that an apply as the owner changes only the number.</summary>
internal static class OwnerApplyCheck
{
    private static readonly string[] ServersOwn = ["managedFields", "resourceVersion", "generation"];

    /// <summary>Compares the current object with the result of the server's dry run.</summary>
    /// <exception cref="UncertainOwnershipException">Something else would change: a field or its owner.</exception>
    public static void ThrowIfOtherwise(JsonObject live, JsonObject would, FieldEntry owner, int replicas)
    {
        if ((would["spec"]?["replicas"] as JsonValue)?.TryGetValue(out int number) != true || number != replicas)
        {
            throw new UncertainOwnershipException("the API server would set another number");
        }

        if (!JsonNode.DeepEquals(WithoutNumber(live), WithoutNumber(would)))
        {
            throw new UncertainOwnershipException("the API server would change more than the number");
        }

        IReadOnlyList<FieldEntry> before = FieldEntry.Read(live);
        Dictionary<(string, string, string, string), JsonObject?> after = [];
        foreach (FieldEntry entry in FieldEntry.Read(would))
        {
            after[entry.Key] = entry.Fields;
        }

        if (after.Count != before.Count || before.Any(e => !after.ContainsKey(e.Key)))
        {
            throw new UncertainOwnershipException("the API server would change who owns fields of the Deployment");
        }

        foreach (FieldEntry entry in before)
        {
            JsonObject fields = after[entry.Key] ?? [];
            string[] lost = [.. OwnedFields.Missing(fields, entry.Fields!)];
            string[] gained = [.. OwnedFields.Missing(entry.Fields!, fields).Where(p => entry.Key != owner.Key || !OwnedFields.IsKeyOfItem(p))];
            if (lost.Length + gained.Length > 0)
            {
                throw new UncertainOwnershipException($"the API server would change what {entry.Manager} owns: {string.Join(", ", lost.Concat(gained).Take(3))}");
            }
        }
    }

    /// <summary>Returns a copy without the replica count, the status and the metadata that the server maintains.</summary>
    public static JsonObject WithoutNumber(JsonObject deployment)
    {
        JsonObject copy = (JsonObject)deployment.DeepClone();
        copy.Remove("status");
        (copy["spec"] as JsonObject)?.Remove("replicas");
        foreach (string name in ServersOwn)
        {
            (copy["metadata"] as JsonObject)?.Remove(name);
        }

        return copy;
    }
}
