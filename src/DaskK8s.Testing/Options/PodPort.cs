namespace DaskK8s.Testing;

/// <summary>A port of a pod to which a client connects.</summary>
/// <param name="Namespace">The pod's namespace.</param>
/// <param name="Pod">The pod's name.</param>
/// <param name="Labels">The pod's labels.</param>
/// <param name="Port">The port in the pod.</param>
public sealed record PodPort(string Namespace, string Pod, IReadOnlyDictionary<string, string> Labels, int Port);
