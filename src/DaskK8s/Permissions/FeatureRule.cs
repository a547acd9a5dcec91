namespace DaskK8s.Permissions;

/// <summary>The API calls that a feature needs.</summary>
/// <param name="Feature">The feature's short name.</param>
/// <param name="Description">A short description of the feature.</param>
/// <param name="Required">The required calls.</param>
/// <param name="Optional">The calls that improve the feature.</param>
/// <param name="Note">What is missing without the optional calls.</param>
internal sealed record FeatureRule(
    string Feature, string Description, IReadOnlyList<KubernetesApiCall> Required, IReadOnlyList<KubernetesApiCall> Optional, string? Note);
