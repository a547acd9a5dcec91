namespace DaskK8s.Testing.Storage;

/// <summary>The key of an object; the namespace is empty for cluster-scoped objects.</summary>
internal readonly record struct ObjectKey(ResourceType Type, string Namespace, string Name);
