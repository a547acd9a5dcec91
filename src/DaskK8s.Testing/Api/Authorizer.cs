using System.Text.Json.Nodes;
using DaskK8s.Testing.Storage;

namespace DaskK8s.Testing.Api;

/// <summary>Authorizes requests by the roles and bindings in the store, as the real server's RBAC does.</summary>
internal sealed class Authorizer(ObjectStore store)
{
    private static readonly JsonArray BasicRules = new(
        Rule("authorization.k8s.io", ["selfsubjectaccessreviews", "selfsubjectrulesreviews"], ["create"]),
        Rule("authentication.k8s.io", ["selfsubjectreviews"], ["create"]));

    private static readonly string[] PublicPaths = ["/healthz", "/livez", "/readyz", "/version", "/version/"];

    private static readonly string[] DiscoveryPaths = ["/api", "/apis", "/openapi"];

    public static bool AllowsPath(RequestUser user, string path) =>
        user.IsMaster || PublicPaths.Contains(path)
        || (user.Groups.Contains("system:authenticated") && DiscoveryPaths.Any(prefix => path == prefix || path.StartsWith($"{prefix}/", StringComparison.Ordinal)));

    public void Demand(RequestUser user, string verb, string group, string resource, string inNamespace, string name)
    {
        if (Allows(user, verb, group, resource, inNamespace, name))
        {
            return;
        }

        string plural = resource.Split('/')[0];
        string qualified = group.Length == 0 ? plural : $"{plural}.{group}";
        string subject = name.Length == 0 ? qualified : $"{qualified} \"{name}\"";
        string scope = inNamespace.Length == 0 ? "at the cluster scope" : $"in the namespace \"{inNamespace}\"";
        JsonObject details = [];
        if (name.Length > 0)
        {
            details["name"] = name;
        }

        if (group.Length > 0)
        {
            details["group"] = group;
        }

        details["kind"] = plural;
        throw new ApiException(403, "Forbidden", $"{subject} is forbidden: User \"{user.Name}\" cannot {verb} resource \"{resource}\" in API group \"{group}\" {scope}") { Details = details };
    }

    public bool Allows(RequestUser user, string verb, string group, string resource, string inNamespace, string name) =>
        user.IsMaster || RulesOf(user, inNamespace).Any(rule => Covers(rule, verb, group, resource, name));

    public IEnumerable<JsonObject> RulesOf(RequestUser user, string inNamespace)
    {
        if (user.Groups.Contains("system:authenticated"))
        {
            foreach (JsonObject rule in BasicRules.OfType<JsonObject>())
            {
                yield return rule;
            }
        }

        foreach (StoredObject binding in store.List(ResourceTypes.ClusterRoleBindings).Items.Where(binding => Binds(binding.Value, user, string.Empty)))
        {
            foreach (JsonObject rule in RulesBehind(binding.Value, string.Empty))
            {
                yield return rule;
            }
        }

        if (inNamespace.Length == 0)
        {
            yield break;
        }

        foreach (StoredObject binding in store.List(ResourceTypes.RoleBindings, inNamespace).Items.Where(binding => Binds(binding.Value, user, inNamespace)))
        {
            foreach (JsonObject rule in RulesBehind(binding.Value, inNamespace))
            {
                yield return rule;
            }
        }
    }

    private static JsonObject Rule(string group, string[] resources, string[] verbs) => new()
    {
        ["verbs"] = new JsonArray([.. verbs.Select(verb => (JsonNode)verb)]),
        ["apiGroups"] = new JsonArray(group),
        ["resources"] = new JsonArray([.. resources.Select(resource => (JsonNode)resource)]),
    };

    private static bool Binds(JsonNode binding, RequestUser user, string inNamespace) => binding.Objects("subjects").Any(subject => subject.Text("kind") switch
    {
        "User" => subject.Text("name") == user.Name,
        "Group" => user.Groups.Contains(subject.Text("name") ?? string.Empty),
        "ServiceAccount" => user.Name == $"system:serviceaccount:{subject.Text("namespace") ?? inNamespace}:{subject.Text("name")}",
        _ => false,
    });

    private static bool Covers(JsonObject rule, string verb, string group, string resource, string name)
    {
        string[] sides = resource.Split('/', 2);
        return Has(rule, "verbs", verb) && Has(rule, "apiGroups", group)
            && (Has(rule, "resources", resource) || (sides.Length == 2 && Has(rule, "resources", $"*/{sides[1]}")))
            && (rule["resourceNames"] is not JsonArray { Count: > 0 } names || names.Any(item => item.Text() == name));
    }

    private static bool Has(JsonObject rule, string field, string value) =>
        rule[field] is JsonArray list && list.Any(item => item.Text() is { } text && (text == "*" || text == value));

    private IEnumerable<JsonObject> RulesBehind(JsonNode binding, string inNamespace)
    {
        string name = binding.Text("roleRef", "name") ?? string.Empty;
        ObjectKey key = binding.Text("roleRef", "kind") == "ClusterRole"
            ? new ObjectKey(ResourceTypes.ClusterRoles, string.Empty, name)
            : new ObjectKey(ResourceTypes.Roles, inNamespace, name);
        return store.Get(key)?.Value.Objects("rules") ?? [];
    }
}
