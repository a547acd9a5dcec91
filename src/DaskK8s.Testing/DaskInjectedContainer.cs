namespace DaskK8s.Testing;

/// <summary>A container that a webhook injects into a release's pods: a service mesh's, a volume driver's. It is not in the Deployments.</summary>
/// <param name="Name">The container's name.</param>
/// <param name="Place">Its position in the pod.</param>
public sealed record DaskInjectedContainer(string Name, DaskContainerPlace Place = DaskContainerPlace.First);
