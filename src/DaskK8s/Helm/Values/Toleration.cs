namespace DaskK8s;

/// <summary>A toleration of a worker group's pods, as in Kubernetes.</summary>
/// <param name="Key">The taint's key, or null for all.</param>
/// <param name="Operator"><c>Equal</c> or <c>Exists</c>.</param>
/// <param name="Value">The taint's value, or null.</param>
/// <param name="Effect"><c>NoSchedule</c>, <c>PreferNoSchedule</c>, <c>NoExecute</c>, or null for all.</param>
public sealed record Toleration(string? Key, string Operator, string? Value, string? Effect);
