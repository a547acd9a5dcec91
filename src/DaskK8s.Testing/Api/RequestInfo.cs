using DaskK8s.Testing.Storage;

namespace DaskK8s.Testing.Api;

/// <summary>The verb and the resource of a request.</summary>
internal sealed record RequestInfo(string Verb, ResourceType Type, string Namespace, string Name, string Subresource)
{
    public ObjectKey Key => new(Type, Namespace, Name);

    /// <summary>Gets the namespace to list; null for all.</summary>
    public string? ListNamespace => Namespace.Length == 0 ? null : Namespace;

    public string ResourceAndSub => Subresource.Length == 0 ? Type.Plural : $"{Type.Plural}/{Subresource}";
}
