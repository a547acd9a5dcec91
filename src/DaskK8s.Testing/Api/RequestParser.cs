using DaskK8s.Testing.Storage;
using Microsoft.AspNetCore.Http;

namespace DaskK8s.Testing.Api;

/// <summary>Reads the resource and the verb from a request's path and method.</summary>
internal static class RequestParser
{
    /// <summary>Returns null when the path names no resource (discovery, health, version).</summary>
    public static RequestInfo? Parse(HttpRequest request)
    {
        string[] parts = (request.Path.Value ?? string.Empty).Split('/', StringSplitOptions.RemoveEmptyEntries);
        (string group, string version, string[] rest) = parts switch
        {
            ["api", var v, .. var r] => (string.Empty, v, r),
            ["apis", var g, var v, .. var r] => (g, v, r),
            _ => (string.Empty, string.Empty, []),
        };
        if (rest.Length == 0)
        {
            return null;
        }

        bool namespacedWatch = rest[0] == "watch";
        if (namespacedWatch)
        {
            rest = rest[1..];
        }

        (string inNamespace, string plural, string name, string subresource) = rest switch
        {
            ["namespaces"] => (string.Empty, "namespaces", string.Empty, string.Empty),
            ["namespaces", var ns] => (ns, "namespaces", ns, string.Empty),
            ["namespaces", var ns, "status" or "finalize"] => (ns, "namespaces", ns, rest[2]),
            ["namespaces", var ns, var p] => (ns, p, string.Empty, string.Empty),
            ["namespaces", var ns, var p, var n] => (ns, p, n, string.Empty),
            ["namespaces", var ns, var p, var n, .. var sub] => (ns, p, n, string.Join('/', sub)),
            [var p] => (string.Empty, p, string.Empty, string.Empty),
            [var p, var n] => (string.Empty, p, n, string.Empty),
            [var p, var n, .. var sub] => (string.Empty, p, n, string.Join('/', sub)),
            _ => (string.Empty, string.Empty, string.Empty, string.Empty),
        };
        ResourceType? type = ResourceTypes.Find(group, version, plural);
        if (type is null || (type.Namespaced && name.Length > 0 && inNamespace.Length == 0) || (!type.Namespaced && inNamespace.Length > 0 && type != ResourceTypes.Namespaces))
        {
            throw ApiException.PathNotFound();
        }

        bool watch = namespacedWatch || request.Query["watch"].ToString() is "true" or "1";
        string verb = request.Method switch
        {
            "GET" or "HEAD" => watch && subresource.Length == 0 ? "watch" : name.Length > 0 ? "get" : "list",
            "POST" => "create",
            "PUT" => "update",
            "PATCH" => "patch",
            "DELETE" => name.Length > 0 ? "delete" : "deletecollection",
            _ => throw ApiException.MethodNotAllowed(type),
        };
        return new RequestInfo(verb, type, type.Namespaced ? inNamespace : string.Empty, name, subresource);
    }
}
