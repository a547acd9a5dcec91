using System.Text.Json.Nodes;
using DaskK8s.Testing.Storage;

namespace DaskK8s.Testing.Patching;

/// <summary>Tracks which manager set which field, for server-side apply.</summary>
internal static class ManagedFields
{
    private static readonly string[] ServersOwn = ["name", "namespace", "uid", "resourceVersion", "generation", "creationTimestamp", "deletionTimestamp", "deletionGracePeriodSeconds", "managedFields", "selfLink"];

    /// <summary>Records that a manager changed <paramref name="old"/> (null when new) to <paramref name="now"/> by an update or a patch.</summary>
    public static void Update(JsonObject? old, JsonObject now, string manager, string apiVersion, string? subresource, DateTimeOffset time)
    {
        // A client may empty the books, or take entries out of them; what it left is the ground to go on from.
        List<ManagedEntry> entries = ManagedEntry.Read(AreBooksUsable(now) ? now : old);
        FieldTree changed = new();
        FieldTree removed = new();
        FieldTree.Compare(string.Empty, Bare(old) ?? Skeleton(), Bare(now), changed, removed);
        if (!changed.IsEmpty || !removed.IsEmpty)
        {
            foreach (ManagedEntry other in entries.Where(entry => !entry.IsOf(manager, "Update", apiVersion, subresource)))
            {
                other.Fields.Remove(changed, whole: false);
            }

            foreach (ManagedEntry entry in entries)
            {
                entry.Fields.Remove(removed, whole: true);
            }

            if (!changed.IsEmpty)
            {
                Note(entries, changed, manager, apiVersion, subresource, time);
            }
        }

        ManagedEntry.Write(now, entries);
    }

    /// <summary>
    /// Determines whether the sent managed fields replace the server's. One empty entry clears them; an empty list or an incomplete entry is ignored.
    /// </summary>
    private static bool AreBooksUsable(JsonObject now) =>
        now.At("metadata", "managedFields") is JsonArray { Count: > 0 } books
        && (books is [JsonObject { Count: 0 }] || books.All(entry => entry.Text("manager") is not null && entry.Text("operation") is not null));

    /// <summary>Returns a copy without the fields that only the server writes.</summary>
    public static JsonObject? Bare(JsonObject? value)
    {
        if (value is null)
        {
            return null;
        }

        JsonObject bare = value.CloneObject();
        bare.Remove("apiVersion");
        bare.Remove("kind");
        if (bare["metadata"] is JsonObject metadata)
        {
            foreach (string name in ServersOwn)
            {
                metadata.Remove(name);
            }

            if (metadata.Count == 0)
            {
                bare.Remove("metadata");
            }
        }

        return bare;
    }

    private static JsonObject Skeleton() => [];

    private static void Note(List<ManagedEntry> entries, FieldTree changed, string manager, string apiVersion, string? subresource, DateTimeOffset time)
    {
        ManagedEntry? mine = entries.Find(entry => entry.IsOf(manager, "Update", apiVersion, subresource));
        if (mine is null)
        {
            mine = new ManagedEntry { Manager = manager, Operation = "Update", ApiVersion = apiVersion, Subresource = subresource, Time = Json.Timestamp(time), Fields = new FieldTree() };
            entries.Add(mine);
        }

        mine.Fields.Add(changed);
        mine.Time = Json.Timestamp(time);
    }
}
