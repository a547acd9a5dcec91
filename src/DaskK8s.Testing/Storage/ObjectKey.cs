namespace DaskK8s.Testing.Storage;

/// <summary>Names one object; the namespace is empty for what belongs to the cluster.</summary>
internal readonly record struct ObjectKey(ResourceType Type, string Namespace, string Name);
