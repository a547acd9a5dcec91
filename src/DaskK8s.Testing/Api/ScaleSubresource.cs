using System.Text.Json.Nodes;
using DaskK8s.Testing.Storage;

namespace DaskK8s.Testing.Api;

/// <summary>Shows a Deployment or ReplicaSet as an <c>autoscaling/v1</c> Scale.</summary>
internal static class ScaleSubresource
{
    public static JsonObject Of(StoredObject stored)
    {
        JsonObject metadata = [];
        foreach (string field in (string[])["name", "namespace", "uid", "resourceVersion", "creationTimestamp"])
        {
            if (stored.Value.At("metadata", field) is { } value)
            {
                metadata[field] = value.DeepClone();
            }
        }

        JsonObject status = new() { ["replicas"] = stored.Value.Number("status", "replicas") ?? 0 };
        if (stored.Value.Map("spec", "selector", "matchLabels") is { Count: > 0 } labels)
        {
            status["selector"] = string.Join(',', labels.OrderBy(pair => pair.Key, StringComparer.Ordinal).Select(pair => $"{pair.Key}={pair.Value}"));
        }

        JsonObject spec = [];
        if (stored.Value.Number("spec", "replicas") is { } replicas and not 0)
        {
            spec["replicas"] = replicas;
        }

        return new JsonObject { ["kind"] = "Scale", ["apiVersion"] = "autoscaling/v1", ["metadata"] = metadata, ["spec"] = spec, ["status"] = status };
    }

    public static void Write(ObjectKey key, JsonObject live, JsonObject scale, Action<JsonObject> track)
    {
        JsonObject old = live.CloneObject();
        if (scale.Text("metadata", "resourceVersion") is { Length: > 0 } version && version != old.Text("metadata", "resourceVersion"))
        {
            throw ApiException.Modified(key);
        }

        long replicas = scale.Number("spec", "replicas") ?? (scale.At("spec", "replicas") is null
            ? 0
            : throw ApiException.BadRequest("Scale in version \"v1\" cannot be handled as a Scale: json: cannot unmarshal into Go struct field ScaleSpec.spec.replicas of type int32"));
        if (replicas < 0)
        {
            throw new ApiException(422, "Invalid", $"Scale.autoscaling \"{key.Name}\" is invalid: spec.replicas: Invalid value: {replicas}: must be greater than or equal to 0")
            {
                Details = new JsonObject
                {
                    ["name"] = key.Name,
                    ["group"] = "autoscaling",
                    ["kind"] = "Scale",
                    ["causes"] = new JsonArray(new JsonObject { ["reason"] = "FieldValueInvalid", ["message"] = $"Invalid value: {replicas}: must be greater than or equal to 0", ["field"] = "spec.replicas" }),
                },
            };
        }

        live.Child("spec")["replicas"] = replicas;
        track(old);
    }
}
