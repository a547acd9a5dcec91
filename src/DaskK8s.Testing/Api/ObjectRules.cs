using System.Text.Json.Nodes;
using DaskK8s.Testing.Patching;
using DaskK8s.Testing.Storage;

namespace DaskK8s.Testing.Api;

/// <summary>Completes, validates and stores objects as the server does, for clients and controllers.</summary>
internal sealed class ObjectRules(ObjectStore store, ServiceAllocator services)
{
    private const string NameAlphabet = "bcdfghjklmnpqrstvwxz2456789";

    /// <summary>Completes, validates and stores a new object.</summary>
    public StoredObject Create(ObjectKey key, JsonObject value, string manager, string operation, bool dryRun)
    {
        value["kind"] = key.Type.Kind;
        value["apiVersion"] = key.Type.ApiVersion;
        Validation.CheckTypes(key.Type, value);
        Complete(key, value, null);
        Validation.Check(key, value, null);
        if (operation == "Update")
        {
            value.Child("metadata").Remove("managedFields");
            ManagedFields.Update(null, value, manager, key.Type.ApiVersion, null, store.Time.GetUtcNow());
        }

        return store.Create(key, value, dryRun);
    }

    /// <summary>Returns the key of the object to create; its name is generated if only a prefix is specified.</summary>
    public static ObjectKey Identify(RequestInfo info, JsonObject value)
    {
        (string? kind, string? version) = (value.Text("kind"), value.Text("apiVersion"));
        if ((kind is not null && kind != info.Type.Kind) || (version is not null && version != info.Type.ApiVersion))
        {
            throw ApiException.BadRequest($"the API version in the data ({version}) does not match the expected API version ({info.Type.ApiVersion})");
        }

        JsonObject metadata = value.Child("metadata");
        if (metadata.Text("namespace") is { Length: > 0 } given && info.Type.Namespaced && given != info.Namespace)
        {
            throw ApiException.BadRequest($"the namespace of the provided object does not match the namespace sent on the request");
        }

        if (metadata.Text("resourceVersion") is { Length: > 0 })
        {
            throw ApiException.BadRequest("resourceVersion should not be set on objects to be created");
        }

        string? name = metadata.Text("name");
        if (string.IsNullOrEmpty(name))
        {
            name = metadata.Text("generateName") is { Length: > 0 } prefix
                ? prefix + string.Concat(Random.Shared.GetItems(NameAlphabet.ToCharArray(), 5))
                : throw ApiException.Invalid(new ObjectKey(info.Type, info.Namespace, string.Empty), InvalidField.Required("metadata.name", "name or generateName is required"));
            metadata["name"] = name;
        }

        return new ObjectKey(info.Type, info.Namespace, name);
    }

    /// <summary>Rejects an apply for another version of the object, or for another object of the same name.</summary>
    public static void CheckApplied(ObjectKey key, JsonObject live, JsonObject config)
    {
        if (config.Text("metadata", "resourceVersion") is { Length: > 0 } version && version != live.Text("metadata", "resourceVersion"))
        {
            throw ApiException.Modified(key);
        }

        if (config.Text("metadata", "uid") is { Length: > 0 } uid && uid != live.Text("metadata", "uid"))
        {
            throw ApiException.Invalid(key, InvalidField.Value("metadata.uid", $"\"{uid}\"", "field is immutable"));
        }
    }

    /// <summary>Sets the fields that the server sets.</summary>
    public void Complete(ObjectKey key, JsonObject value, JsonObject? old)
    {
        Defaults.Apply(key.Type, value);
        if (key.Type == ResourceTypes.Services)
        {
            services.Apply(value, old);
        }
    }

    /// <summary>Replaces <paramref name="live"/> with what the client sent, except for fields that cannot be changed here.</summary>
    public void Replace(RequestInfo info, JsonObject live, JsonObject sent, string manager)
    {
        JsonObject old = live.CloneObject();
        JsonObject value = sent.CloneObject();
        JsonObject metadata = value.Child("metadata");
        if (metadata.Text("resourceVersion") is { Length: > 0 } version && version != old.Text("metadata", "resourceVersion"))
        {
            throw ApiException.Modified(info.Key);
        }

        if (metadata.Text("uid") is { Length: > 0 } uid && uid != old.Text("metadata", "uid"))
        {
            throw ApiException.Conflict(info.Key, $"Precondition failed: UID in precondition: {uid}, UID in object meta: {old.Text("metadata", "uid")}");
        }

        if (metadata.Text("name") is { } name && name != info.Name)
        {
            throw ApiException.Invalid(info.Key, InvalidField.Value("metadata.name", $"\"{name}\"", "field is immutable"));
        }

        foreach (string field in (string[])["name", "namespace", "uid", "resourceVersion", "creationTimestamp", "generation", "deletionTimestamp", "deletionGracePeriodSeconds", "generateName"])
        {
            metadata.Remove(field);
            if (old.At("metadata", field) is { } kept)
            {
                metadata[field] = kept.DeepClone();
            }
        }

        value["kind"] = info.Type.Kind;
        value["apiVersion"] = info.Type.ApiVersion;
        if (info.Subresource == "status")
        {
            JsonNode? status = value["status"]?.DeepClone();
            JsonNode? books = metadata["managedFields"]?.DeepClone();
            value = old.CloneObject();
            value["status"] = status;
            value.Child("metadata")["managedFields"] = books;
        }
        else if (info.Type.HasStatus)
        {
            value.Remove("status");
            if (old["status"] is { } status)
            {
                value["status"] = status.DeepClone();
            }
        }

        Validation.CheckTypes(info.Type, value);
        Complete(info.Key, value, old);
        Validation.Check(info.Key, value, old);
        Track(info, old, value, manager);
        live.Clear();
        foreach ((string field, JsonNode? child) in value.ToList())
        {
            value.Remove(field);
            live[field] = child;
        }
    }

    /// <summary>Records which manager changed which fields.</summary>
    public void Track(RequestInfo info, JsonObject old, JsonObject now, string manager)
    {
        if (now.At("metadata", "managedFields") is null && old.At("metadata", "managedFields") is { } books)
        {
            now.Child("metadata")["managedFields"] = books.DeepClone();
        }

        ManagedFields.Update(old, now, manager, info.Type.ApiVersion, info.Subresource.Length == 0 ? null : info.Subresource, store.Time.GetUtcNow());
    }
}
