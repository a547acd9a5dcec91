namespace DaskK8s.Testing.Storage;

/// <summary>A kind of object that the server keeps.</summary>
internal sealed record ResourceType(string Group, string Version, string Kind, string Plural, bool Namespaced)
{
    public string ApiVersion { get; } = Group.Length == 0 ? Version : $"{Group}/{Version}";

    /// <summary>The name in messages: <c>deployments.apps</c>.</summary>
    public string QualifiedName { get; } = Group.Length == 0 ? Plural : $"{Plural}.{Group}";

    public string Singular { get; } = Kind.ToLowerInvariant();

    public IReadOnlyList<string> ShortNames { get; init; } = [];

    public IReadOnlyList<string> Categories { get; init; } = [];

    public IReadOnlyList<string> Subresources { get; init; } = [];

    /// <summary>Whether a change of the spec increments <c>metadata.generation</c>.</summary>
    public bool HasGeneration { get; init; }

    /// <summary>Whether objects can only be created (reviews) and are never kept.</summary>
    public bool IsReview { get; init; }

    public bool HasStatus => Subresources.Contains("status");

    public bool Equals(ResourceType? other) => ReferenceEquals(this, other);

    public override int GetHashCode() => System.Runtime.CompilerServices.RuntimeHelpers.GetHashCode(this);

    public override string ToString() => QualifiedName;
}
