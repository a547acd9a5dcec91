namespace DaskK8s;

/// <summary>A feature of the library, and whether the caller is allowed to use it.</summary>
/// <param name="Feature">The feature's short name: groups, release, scale, lossless, wait, logs, forward, services, adaptive.</param>
/// <param name="Description">What the feature does.</param>
/// <param name="IsAllowed">Whether every required call is allowed.</param>
/// <param name="Missing">The required calls that are not allowed.</param>
/// <param name="MissingOptional">The optional calls that are not allowed.</param>
/// <param name="Note">The purpose of the optional calls, or null if there are none.</param>
public sealed record FeaturePermission(
    string Feature,
    string Description,
    bool IsAllowed,
    IReadOnlyList<KubernetesApiCall> Missing,
    IReadOnlyList<KubernetesApiCall> MissingOptional,
    string? Note)
{
    /// <summary>Returns the feature as one line: <c>scale: no (patch deployments.apps in namespace default)</c>.</summary>
    /// <returns>The line.</returns>
    public override string ToString() => IsAllowed
        ? MissingOptional.Count == 0 ? $"{Feature}: yes" : $"{Feature}: yes, without {string.Join(", ", MissingOptional)}"
        : $"{Feature}: no ({string.Join(", ", Missing)})";
}
