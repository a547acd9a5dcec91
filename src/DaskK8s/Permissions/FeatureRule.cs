namespace DaskK8s.Permissions;

/// <summary>The API calls that a feature needs.</summary>
/// <param name="Feature">The feature's short name.</param>
/// <param name="Description">What it does, in a few words.</param>
/// <param name="Required">The calls that it cannot do without.</param>
/// <param name="Optional">The calls that make it better.</param>
/// <param name="Note">What is lost without the optional ones.</param>
internal sealed record FeatureRule(
    string Feature, string Description, IReadOnlyList<KubernetesApiCall> Required, IReadOnlyList<KubernetesApiCall> Optional, string? Note);
