using System.Text.Json.Nodes;
using DaskK8s.Testing.Storage;
using Microsoft.AspNetCore.Http;

namespace DaskK8s.Testing.Api;

/// <summary>Answers API discovery requests.</summary>
internal sealed class Discovery(EmbeddedClusterOptions options)
{
    private static readonly string[] Verbs = ["create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"];

    public Task HandleAsync(HttpContext context)
    {
        string[] parts = (context.Request.Path.Value ?? string.Empty).Split('/', StringSplitOptions.RemoveEmptyEntries);
        return parts switch
        {
            ["version"] => Respond.JsonAsync(context, 200, Version()),
            ["healthz" or "livez" or "readyz", ..] => Respond.BytesAsync(context, 200, "ok"u8.ToArray(), "text/plain; charset=utf-8"),
            ["api"] => Respond.JsonAsync(context, 200, new JsonObject { ["kind"] = "APIVersions", ["versions"] = new JsonArray("v1"), ["serverAddressByClientCIDRs"] = new JsonArray() }),
            ["apis"] => Respond.JsonAsync(context, 200, Groups()),
            ["apis", var group] when ResourceTypes.All.Any(type => type.Group == group) => Respond.JsonAsync(context, 200, Group(group, alone: true)),
            ["api", var version] when ResourceTypes.All.Any(type => type.Group.Length == 0 && type.Version == version) => Respond.JsonAsync(context, 200, Resources(string.Empty, version)),
            ["apis", var group, var version] when ResourceTypes.All.Any(type => type.Group == group && type.Version == version) => Respond.JsonAsync(context, 200, Resources(group, version)),
            _ => throw ApiException.PathNotFound(),
        };
    }

    private static JsonObject Groups() => new()
    {
        ["kind"] = "APIGroupList",
        ["apiVersion"] = "v1",
        ["groups"] = new JsonArray([.. ResourceTypes.All.Select(type => type.Group).Where(group => group.Length > 0).Distinct().Select(group => (JsonNode)Group(group, alone: false))]),
    };

    private static JsonObject Group(string group, bool alone)
    {
        JsonObject json = [];
        if (alone)
        {
            json["kind"] = "APIGroup";
            json["apiVersion"] = "v1";
        }

        json["name"] = group;
        json["versions"] = new JsonArray(new JsonObject { ["groupVersion"] = $"{group}/v1", ["version"] = "v1" });
        json["preferredVersion"] = new JsonObject { ["groupVersion"] = $"{group}/v1", ["version"] = "v1" };
        return json;
    }

    private static JsonObject Resources(string group, string version)
    {
        JsonArray resources = [];
        foreach (ResourceType type in ResourceTypes.All.Where(type => type.Group == group && type.Version == version))
        {
            JsonObject resource = Resource(type, type.Plural, type.Kind, type.IsReview ? ["create"] : Verbs);
            resource["singularName"] = type.Singular;
            if (type.ShortNames.Count > 0)
            {
                resource["shortNames"] = new JsonArray([.. type.ShortNames.Select(name => (JsonNode)name)]);
            }

            if (type.Categories.Count > 0)
            {
                resource["categories"] = new JsonArray([.. type.Categories.Select(name => (JsonNode)name)]);
            }

            resources.Add(resource);
            foreach (string subresource in type.Subresources)
            {
                resources.Add(Subresource(type, subresource));
            }
        }

        return new JsonObject { ["kind"] = "APIResourceList", ["apiVersion"] = "v1", ["groupVersion"] = group.Length == 0 ? version : $"{group}/{version}", ["resources"] = resources };
    }

    private static JsonObject Subresource(ResourceType type, string name)
    {
        (string kind, string[] verbs) = name switch
        {
            "scale" => ("Scale", (string[])["get", "patch", "update"]),
            "log" => ("Pod", ["get"]),
            "portforward" => ("PodPortForwardOptions", ["create", "get"]),
            "eviction" => ("Eviction", ["create"]),
            _ => (type.Kind, ["get", "patch", "update"]),
        };
        JsonObject resource = Resource(type, $"{type.Plural}/{name}", kind, verbs);
        if (name == "scale")
        {
            resource["group"] = "autoscaling";
            resource["version"] = "v1";
        }

        return resource;
    }

    private static JsonObject Resource(ResourceType type, string name, string kind, string[] verbs) => new()
    {
        ["name"] = name,
        ["singularName"] = string.Empty,
        ["namespaced"] = type.Namespaced,
        ["kind"] = kind,
        ["verbs"] = new JsonArray([.. verbs.Select(verb => (JsonNode)verb)]),
    };

    private JsonObject Version()
    {
        string[] parts = options.KubernetesVersion.TrimStart('v').Split('.');
        return new JsonObject
        {
            ["major"] = parts[0],
            ["minor"] = parts.Length > 1 ? parts[1] : "0",
            ["gitVersion"] = options.KubernetesVersion,
            ["gitCommit"] = "0000000000000000000000000000000000000000",
            ["gitTreeState"] = "clean",
            ["buildDate"] = "2026-01-01T00:00:00Z",
            ["goVersion"] = "none",
            ["compiler"] = "dotnet",
            ["platform"] = "embedded",
        };
    }
}
