using System.Text.Json.Nodes;
using DaskK8s.Testing.Storage;

namespace DaskK8s.Testing.Api;

/// <summary>Deletes objects as the server does: pods with a grace period, owners with the requested propagation policy.</summary>
internal sealed class Deletion(ObjectStore store)
{
    /// <summary>Determines whether the response to a deletion is the object itself; for most kinds it is a Status.</summary>
    public static bool ReturnsObject(ResourceType type) =>
        type == ResourceTypes.Pods || type == ResourceTypes.Services || type == ResourceTypes.ServiceAccounts || type == ResourceTypes.ResourceQuotas || type == ResourceTypes.PersistentVolumeClaims;

    /// <summary>Deletes an object that may have been deleted concurrently; used for collections and by controllers.</summary>
    /// <returns>Whether the object still existed.</returns>
    public bool TryDelete(ObjectKey key, JsonObject options, bool dryRun = false) => store.Locked(() =>
    {
        bool there = store.Get(key) is not null;
        if (there)
        {
            Delete(key, options, dryRun);
        }

        return there;
    });

    /// <summary>Deletes an object; returns its last state and whether it is removed.</summary>
    public (StoredObject Last, bool Gone) Delete(ObjectKey key, JsonObject options, bool dryRun = false) => store.Locked(() =>
    {
        StoredObject old = store.Get(key) ?? throw ApiException.NotFound(key);
        if (options.Text("preconditions", "uid") is { } uid && uid != old.Uid)
        {
            throw ApiException.Conflict(key, $"Precondition failed: UID in precondition: {uid}, UID in object meta: {old.Uid}");
        }

        if (options.Text("preconditions", "resourceVersion") is { } version && version != old.Value.Text("metadata", "resourceVersion"))
        {
            throw ApiException.Conflict(key, $"Precondition failed: ResourceVersion in precondition: {version}, ResourceVersion in object meta: {old.Value.Text("metadata", "resourceVersion")}");
        }

        if (dryRun)
        {
            return (old, true);
        }

        long? grace = options.Number("gracePeriodSeconds");
        if (key.Type == ResourceTypes.Pods)
        {
            return DeletePod(old, grace);
        }

        string policy = options.Text("propagationPolicy") ?? (options.Flag("orphanDependents") ? "Orphan" : "Background");
        if (policy == "Orphan")
        {
            Orphan(old);
        }

        bool waits = key.Type == ResourceTypes.Namespaces || policy == "Foreground" || old.Value.At("metadata", "finalizers") is JsonArray { Count: > 0 };
        if (!waits)
        {
            return (store.Delete(key)!, true);
        }

        StoredObject marked = store.Update(key, value =>
        {
            JsonObject metadata = value.Child("metadata");
            metadata.Default("deletionTimestamp", () => Json.Timestamp(store.Time.GetUtcNow()));
            metadata.Default("deletionGracePeriodSeconds", () => 0);
            if (policy == "Foreground" && key.Type != ResourceTypes.Namespaces)
            {
                JsonArray finalizers = metadata["finalizers"] as JsonArray ?? [];
                if (!finalizers.Any(item => item.Text() == "foregroundDeletion"))
                {
                    finalizers.Add("foregroundDeletion");
                }

                metadata["finalizers"] = finalizers.DeepClone();
            }

            if (key.Type == ResourceTypes.Namespaces)
            {
                value.Child("status")["phase"] = "Terminating";
            }
        });
        return (marked, false);
    });

    private (StoredObject Last, bool Gone) DeletePod(StoredObject pod, long? asked)
    {
        long grace = asked ?? pod.Value.Number("spec", "terminationGracePeriodSeconds") ?? 30;
        bool unassigned = pod.Value.Text("spec", "nodeName") is null or "";
        if (grace == 0 || unassigned)
        {
            return (store.Delete(pod.Key)!, true);
        }

        return (store.Update(pod.Key, value =>
        {
            JsonObject metadata = value.Child("metadata");
            metadata.Default("deletionTimestamp", () => Json.Timestamp(store.Time.GetUtcNow() + TimeSpan.FromSeconds(grace)));
            metadata["deletionGracePeriodSeconds"] = grace;
        }), false);
    }

    private void Orphan(StoredObject owner)
    {
        foreach (ResourceType type in (ResourceType[])[ResourceTypes.ReplicaSets, ResourceTypes.Pods])
        {
            foreach (StoredObject child in store.List(type, owner.Key.Namespace).Items.Where(child => Owners.UidsOf(child.Value).Contains(owner.Uid)))
            {
                store.Update(child.Key, value =>
                {
                    JsonArray kept = [.. value.Objects("metadata", "ownerReferences").Where(reference => reference.Text("uid") != owner.Uid).Select(reference => reference.DeepClone())];
                    value.Child("metadata").Remove("ownerReferences");
                    if (kept.Count > 0)
                    {
                        value.Child("metadata")["ownerReferences"] = kept;
                    }
                });
            }
        }
    }
}
