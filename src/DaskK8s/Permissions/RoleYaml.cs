using System.Text;

namespace DaskK8s.Permissions;

/// <summary>Writes a Role that allows a set of calls, ready for <c>kubectl apply</c>.</summary>
internal static class RoleYaml
{
    /// <summary>Writes one Role for the namespaced calls, and a ClusterRole for those that are not.</summary>
    /// <param name="name">The Role's name.</param>
    /// <param name="calls">The calls.</param>
    /// <returns>The YAML; empty if there are no calls.</returns>
    public static string Write(string name, IEnumerable<KubernetesApiCall> calls)
    {
        StringBuilder yaml = new();
        foreach (IGrouping<string, KubernetesApiCall> scope in calls.GroupBy(static c => c.Namespace).OrderByDescending(static g => g.Key, StringComparer.Ordinal))
        {
            if (yaml.Length > 0)
            {
                yaml.Append("---\n");
            }

            yaml.Append("apiVersion: rbac.authorization.k8s.io/v1\n");
            yaml.Append(scope.Key.Length == 0 ? "kind: ClusterRole\n" : "kind: Role\n");
            yaml.Append("metadata:\n  name: ").Append(name).Append('\n');
            if (scope.Key.Length > 0)
            {
                yaml.Append("  namespace: ").Append(scope.Key).Append('\n');
            }

            yaml.Append("rules:\n");
            foreach ((string group, string resource, string[] verbs) in Rules(scope))
            {
                yaml.Append("  - apiGroups: [\"").Append(group).Append("\"]\n");
                yaml.Append("    resources: [\"").Append(resource).Append("\"]\n");
                yaml.Append("    verbs: [").AppendJoin(", ", verbs.Select(static v => $"\"{v}\"")).Append("]\n");
            }
        }

        return yaml.ToString();
    }

    private static IEnumerable<(string Group, string Resource, string[] Verbs)> Rules(IEnumerable<KubernetesApiCall> calls) => calls
        .GroupBy(static c => (c.Group, c.Resource))
        .OrderBy(static g => g.Key.Group, StringComparer.Ordinal)
        .ThenBy(static g => g.Key.Resource, StringComparer.Ordinal)
        .Select(static g => (g.Key.Group, g.Key.Resource, g.Select(static c => c.Verb).Distinct().ToArray()));
}
