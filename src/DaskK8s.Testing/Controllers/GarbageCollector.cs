using System.Text.Json.Nodes;
using DaskK8s.Testing.Api;
using DaskK8s.Testing.Storage;

namespace DaskK8s.Testing.Controllers;

/// <summary>Deletes the dependents of deleted owners and namespaces, and creates the service account of new namespaces.</summary>
internal sealed class GarbageCollector(ObjectStore store, ObjectRules objects, Deletion deletion)
{
    public void OwnerGone(StoredObject owner)
    {
        if (owner.Key.Type == ResourceTypes.Pods || owner.Key.Type == ResourceTypes.Events)
        {
            // They own nothing; to look through everything for each of thousands would be felt.
            return;
        }

        foreach (StoredObject child in ChildrenOf(owner).Where(child => !child.IsTerminating))
        {
            deletion.TryDelete(child.Key, []);
        }
    }

    /// <summary>Deletes an owner after its dependents (foreground deletion).</summary>
    public void SyncForeground(ObjectKey key)
    {
        if (store.Get(key) is not { IsTerminating: true } owner || !Has(owner, "foregroundDeletion"))
        {
            return;
        }

        List<StoredObject> children = [.. ChildrenOf(owner)];
        foreach (StoredObject child in children.Where(child => !child.IsTerminating))
        {
            deletion.TryDelete(child.Key, new JsonObject { ["propagationPolicy"] = "Foreground" });
        }

        if (!ChildrenOf(owner).Any())
        {
            store.TryUpdate(key, value => RemoveFinalizer(value, "foregroundDeletion"));
        }
    }

    public void SyncNamespace(ObjectKey key)
    {
        if (store.Get(key) is not { } home)
        {
            return;
        }

        ObjectKey account = new(ResourceTypes.ServiceAccounts, key.Name, "default");
        if (!home.IsTerminating)
        {
            if (store.Get(account) is null)
            {
                objects.Create(account, [], ReplicaSetController.Manager, "Update", dryRun: false);
            }

            return;
        }

        bool left = false;
        foreach (ResourceType type in ResourceTypes.All.Where(type => type.Namespaced))
        {
            foreach (StoredObject item in store.List(type, key.Name).Items)
            {
                if (!item.IsTerminating)
                {
                    deletion.TryDelete(item.Key, []);
                }

                left |= store.Get(item.Key) is not null;
            }
        }

        if (!left)
        {
            store.Delete(key, home.Uid);
        }
    }

    private static bool Has(StoredObject owner, string finalizer) =>
        owner.Value.At("metadata", "finalizers") is JsonArray list && list.Any(item => item.Text() == finalizer);

    private static void RemoveFinalizer(JsonObject value, string finalizer)
    {
        JsonArray list = (JsonArray)value.At("metadata", "finalizers")!;
        list.Remove(list.First(item => item.Text() == finalizer));
    }

    private IEnumerable<StoredObject> ChildrenOf(StoredObject owner) =>
        ResourceTypes.All.Where(type => type.Namespaced && type != ResourceTypes.Events)
            .SelectMany(type => store.List(type, owner.Key.Namespace).Items)
            .Where(child => Owners.UidsOf(child.Value).Contains(owner.Uid));
}
