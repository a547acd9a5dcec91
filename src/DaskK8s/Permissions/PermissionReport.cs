using DaskK8s.Permissions;

namespace DaskK8s;

/// <summary>The features that the caller is allowed to use in a namespace.</summary>
/// <param name="Namespace">The namespace.</param>
/// <param name="Features">The features; a feature precedes those that depend on it.</param>
public sealed record PermissionReport(string Namespace, IReadOnlyList<FeaturePermission> Features)
{
    /// <summary>Gets whether every feature is allowed.</summary>
    public bool IsComplete => Features.All(static f => f.IsAllowed);

    /// <summary>Gets the Role (and the ClusterRole, if nodes are needed) with exactly the missing rules, as YAML for
    /// <c>kubectl apply -f</c>; empty if nothing is missing.</summary>
    /// <value>Optional calls are not included; see <see cref="MissingRoleWithOptional"/>.</value>
    public string MissingRole => RoleYaml.Write("daskk8s-missing", Features.SelectMany(static f => f.Missing).Distinct());

    /// <summary>Gets the missing Role including the optional calls.</summary>
    public string MissingRoleWithOptional =>
        RoleYaml.Write("daskk8s-missing", Features.SelectMany(static f => f.Missing.Concat(f.MissingOptional)).Distinct());

    /// <summary>Returns one line for each feature.</summary>
    /// <returns>The lines.</returns>
    public override string ToString() => string.Join('\n', Features);
}
