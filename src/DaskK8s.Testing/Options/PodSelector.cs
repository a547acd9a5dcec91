namespace DaskK8s.Testing;

/// <summary>Selects pods; criteria that are not set match all pods.</summary>
public sealed record PodSelector
{
    /// <summary>Gets the namespace.</summary>
    /// <value>Any namespace by default.</value>
    public string? Namespace { get; init; }

    /// <summary>Gets the prefix of the pod's name: the name of a Deployment followed by <c>-</c> selects its pods.</summary>
    /// <value>Any name by default.</value>
    public string NamePrefix { get; init; } = string.Empty;

    /// <summary>Gets the labels that the pod must have.</summary>
    /// <value>None by default.</value>
    public IReadOnlyDictionary<string, string> Labels { get; init; } = new Dictionary<string, string>();

    internal bool Matches(string inNamespace, string name, IReadOnlyDictionary<string, string> labels) =>
        (Namespace is null || Namespace == inNamespace)
        && name.StartsWith(NamePrefix, StringComparison.Ordinal)
        && Labels.All(pair => labels.TryGetValue(pair.Key, out string? value) && value == pair.Value);
}
