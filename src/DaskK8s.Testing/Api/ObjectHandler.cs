using System.Text.Json.Nodes;
using DaskK8s.Testing.Patching;
using DaskK8s.Testing.Storage;
using Microsoft.AspNetCore.Http;

namespace DaskK8s.Testing.Api;

/// <summary>Creates, updates, patches and deletes objects.</summary>
internal sealed class ObjectHandler(ObjectStore store, ObjectRules rules, Deletion deletion)
{
    public Task GetAsync(HttpContext context, RequestInfo info)
    {
        StoredObject stored = store.Get(info.Key) ?? throw ApiException.NotFound(info.Key);
        return info.Subresource == "scale"
            ? Respond.JsonAsync(context, 200, ScaleSubresource.Of(stored))
            : Respond.ObjectAsync(context, 200, stored);
    }

    public async Task CreateAsync(HttpContext context, RequestInfo info)
    {
        JsonObject value = RequestBody.Object(await RequestBody.BytesAsync(context).ConfigureAwait(false), context.Request.ContentType);
        ObjectKey key = ObjectRules.Identify(info, value);
        if (!info.Type.HasStatus || info.Type != ResourceTypes.Nodes)
        {
            value.Remove("status");
        }

        StoredObject stored = rules.Create(key, value, Manager(context), "Update", DryRun(context));
        await Respond.ObjectAsync(context, 201, stored).ConfigureAwait(false);
    }

    public async Task UpdateAsync(HttpContext context, RequestInfo info)
    {
        JsonObject value = RequestBody.Object(await RequestBody.BytesAsync(context).ConfigureAwait(false), context.Request.ContentType);
        if (info.Subresource == "scale")
        {
            StoredObject scaled = store.Update(info.Key, live => ScaleSubresource.Write(info.Key, live, value, old => rules.Track(info, old, live, Manager(context))), DryRun(context));
            await Respond.JsonAsync(context, 200, ScaleSubresource.Of(scaled)).ConfigureAwait(false);
            return;
        }

        if (value.Text("metadata", "name") is { } name && name != info.Name)
        {
            throw ApiException.BadRequest($"the name of the object ({name}) does not match the name on the URL ({info.Name})");
        }

        StoredObject stored = store.Update(info.Key, live => rules.Replace(info, live, value, Manager(context)), DryRun(context));
        await Respond.ObjectAsync(context, 200, stored).ConfigureAwait(false);
    }

    public async Task PatchAsync(HttpContext context, RequestInfo info)
    {
        JsonNode? patch = RequestBody.Parse(await RequestBody.BytesAsync(context).ConfigureAwait(false));
        string media = (context.Request.ContentType ?? string.Empty).Split(';')[0].Trim();
        string manager = Manager(context);
        if (media == "application/apply-patch+yaml")
        {
            await ApplyAsync(context, info, patch as JsonObject ?? throw ApiException.BadRequest("an apply patch must be an object")).ConfigureAwait(false);
            return;
        }

        StoredObject stored = store.Update(
            info.Key,
            live =>
            {
                JsonObject before = info.Subresource == "scale" ? ScaleSubresource.Of(new StoredObject(info.Key, live.CloneObject(), 0)) : live.CloneObject();
                JsonObject after = Patched(media, before, patch);
                if (info.Subresource == "scale")
                {
                    ScaleSubresource.Write(info.Key, live, after, old => rules.Track(info, old, live, manager));
                }
                else
                {
                    rules.Replace(info, live, after, manager);
                }
            },
            DryRun(context));
        await (info.Subresource == "scale" ? Respond.JsonAsync(context, 200, ScaleSubresource.Of(stored)) : Respond.ObjectAsync(context, 200, stored)).ConfigureAwait(false);
    }

    public async Task DeleteAsync(HttpContext context, RequestInfo info)
    {
        byte[] body = await RequestBody.BytesAsync(context).ConfigureAwait(false);
        JsonObject options = body.Length == 0 ? [] : RequestBody.Parse(body) as JsonObject ?? [];
        foreach (string name in (string[])["propagationPolicy", "gracePeriodSeconds"])
        {
            if (context.Request.Query[name].ToString() is { Length: > 0 } given)
            {
                options[name] = name == "gracePeriodSeconds" && long.TryParse(given, out long seconds) ? seconds : given;
            }
        }

        if (info.Verb == "deletecollection")
        {
            LabelSelector labels = LabelSelector.Parse(context.Request.Query["labelSelector"]);
            FieldSelector fields = FieldSelector.Parse(context.Request.Query["fieldSelector"], info.Type);
            foreach (StoredObject item in store.List(info.Type, info.ListNamespace).Items.Where(item => labels.Matches(item) && fields.Matches(item.Value)))
            {
                deletion.TryDelete(item.Key, options.CloneObject(), DryRun(context));
            }

            await Respond.JsonAsync(context, 200, Success(null)).ConfigureAwait(false);
            return;
        }

        (StoredObject last, bool gone) = deletion.Delete(info.Key, options, DryRun(context));
        await (gone && !Deletion.ReturnsObject(info.Type) ? Respond.JsonAsync(context, 200, Success(last)) : Respond.ObjectAsync(context, 200, last)).ConfigureAwait(false);
    }

    public async Task EvictAsync(HttpContext context, RequestInfo info)
    {
        JsonObject eviction = RequestBody.Object(await RequestBody.BytesAsync(context).ConfigureAwait(false), context.Request.ContentType);
        deletion.Delete(info.Key, eviction["deleteOptions"]?.CloneObject() ?? [], DryRun(context));
        await Respond.JsonAsync(context, 201, Success(null)).ConfigureAwait(false);
    }

    private static bool DryRun(HttpContext context) => context.Request.Query["dryRun"].ToString() == "All";

    private static string Manager(HttpContext context) =>
        context.Request.Query["fieldManager"].ToString() is { Length: > 0 } given ? given
        : context.Request.Headers.UserAgent.ToString().Split('/')[0] is { Length: > 0 } agent ? agent
        : "unknown";

    private static JsonObject Patched(string media, JsonObject target, JsonNode? patch) => media switch
    {
        "application/json-patch+json" => JsonPatch.Apply(target, patch as JsonArray ?? throw ApiException.BadRequest("a JSON patch must be an array")),
        "application/merge-patch+json" => MergePatch.Apply(target, patch as JsonObject ?? throw ApiException.BadRequest("a merge patch must be an object")) as JsonObject ?? [],
        "application/strategic-merge-patch+json" => StrategicMergePatch.Apply(target, patch as JsonObject ?? throw ApiException.BadRequest("a strategic merge patch must be an object")),
        _ => throw ApiException.UnsupportedMediaType("the body of the request was in an unknown format - accepted media types include: application/json-patch+json, application/merge-patch+json, application/strategic-merge-patch+json, application/apply-patch+yaml"),
    };

    private static JsonObject Success(StoredObject? last)
    {
        JsonObject status = new() { ["kind"] = "Status", ["apiVersion"] = "v1", ["metadata"] = new JsonObject(), ["status"] = "Success" };
        if (last is not null)
        {
            JsonObject details = new() { ["name"] = last.Key.Name, ["kind"] = last.Key.Type.Plural, ["uid"] = last.Uid };
            if (last.Key.Type.Group.Length > 0)
            {
                details["group"] = last.Key.Type.Group;
            }

            status["details"] = details;
        }

        return status;
    }

    private async Task ApplyAsync(HttpContext context, RequestInfo info, JsonObject config)
    {
        string manager = context.Request.Query["fieldManager"].ToString() is { Length: > 0 } given
            ? given
            : throw ApiException.BadRequest("PatchOptions.meta.k8s.io \"\" is invalid: fieldManager: Required value: is required for apply patch");
        bool force = context.Request.Query["force"].ToString() is "true" or "1";
        string? subresource = info.Subresource.Length == 0 ? null : info.Subresource;
        if (config.At("metadata", "managedFields") is JsonArray { Count: > 0 })
        {
            throw ApiException.BadRequest("metadata.managedFields must be nil");
        }

        if (config.Text("apiVersion") != info.Type.ApiVersion)
        {
            throw ApiException.BadRequest($"Incorrect version specified in apply patch. Specified patch version: {config.Text("apiVersion")}, expected: {info.Type.ApiVersion}");
        }

        if (config.Text("metadata", "name") is { } name && name != info.Name)
        {
            throw ApiException.BadRequest($"the name of the object ({name}) does not match the name on the URL ({info.Name})");
        }

        bool created = false;
        StoredObject stored = store.Locked(() =>
        {
            if (store.Get(info.Key) is null)
            {
                if (config.Text("metadata", "uid") is { Length: > 0 } uid)
                {
                    throw ApiException.Conflict(info.Key, $"uid mismatch: the provided object specified uid {uid}, and no existing object was found");
                }

                // A version alone does not keep the server from making the object anew (seen on real ones).
                created = true;
                JsonObject value = new() { ["metadata"] = new JsonObject { ["name"] = info.Name } };
                ServerSideApply.Apply(value, config, manager, info.Type.ApiVersion, subresource, force, store.Time.GetUtcNow());
                return rules.Create(info.Key, value, manager, "Apply", DryRun(context));
            }

            return store.Update(
                info.Key,
                live =>
                {
                    JsonObject before = live.CloneObject();
                    ObjectRules.CheckApplied(info.Key, before, config);
                    ServerSideApply.Apply(live, config, manager, info.Type.ApiVersion, subresource, force, store.Time.GetUtcNow());
                    rules.Complete(info.Key, live, before);
                    Validation.Check(info.Key, live, before);
                },
                DryRun(context));
        });
        await Respond.ObjectAsync(context, created ? 201 : 200, stored).ConfigureAwait(false);
    }
}
