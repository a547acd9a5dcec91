using DaskK8s.Permissions;

namespace DaskK8s;

/// <summary>Tells, feature by feature, what the caller may do in a namespace.</summary>
/// <param name="Namespace">The namespace that was asked about.</param>
/// <param name="Features">The features, those that others build on first.</param>
public sealed record PermissionReport(string Namespace, IReadOnlyList<FeaturePermission> Features)
{
    /// <summary>Gets whether every feature is allowed.</summary>
    public bool IsComplete => Features.All(static f => f.IsAllowed);

    /// <summary>Gets the Role (and, where nodes are asked for, the ClusterRole) with exactly the rules that are missing, as YAML for
    /// <c>kubectl apply -f</c>; empty where nothing is missing.</summary>
    /// <value>The optional calls are left out; <see cref="MissingRoleWithOptional"/> has them.</value>
    public string MissingRole => RoleYaml.Write("daskk8s-missing", Features.SelectMany(static f => f.Missing).Distinct());

    /// <summary>Gets the same with the optional calls.</summary>
    public string MissingRoleWithOptional =>
        RoleYaml.Write("daskk8s-missing", Features.SelectMany(static f => f.Missing.Concat(f.MissingOptional)).Distinct());

    /// <summary>Returns a line a feature.</summary>
    /// <returns>The lines.</returns>
    public override string ToString() => string.Join('\n', Features);
}
