namespace DaskK8s;

/// <summary>Determines whether one feature of the library is allowed to the caller.</summary>
/// <param name="Feature">The feature's short name: groups, release, scale, lossless, wait, logs, forward, services, adaptive.</param>
/// <param name="Description">What the feature does.</param>
/// <param name="IsAllowed">Whether every call that it cannot do without is allowed.</param>
/// <param name="Missing">The calls that it cannot do without and that are not allowed.</param>
/// <param name="MissingOptional">The calls that would make it better and that are not allowed.</param>
/// <param name="Note">What the optional calls are for, or null where there are none.</param>
public sealed record FeaturePermission(
    string Feature,
    string Description,
    bool IsAllowed,
    IReadOnlyList<KubernetesApiCall> Missing,
    IReadOnlyList<KubernetesApiCall> MissingOptional,
    string? Note)
{
    /// <summary>Returns the feature in a line: <c>scale: no (patch deployments.apps in namespace default)</c>.</summary>
    /// <returns>The line.</returns>
    public override string ToString() => IsAllowed
        ? MissingOptional.Count == 0 ? $"{Feature}: yes" : $"{Feature}: yes, without {string.Join(", ", MissingOptional)}"
        : $"{Feature}: no ({string.Join(", ", Missing)})";
}
