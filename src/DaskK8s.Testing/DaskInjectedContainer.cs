namespace DaskK8s.Testing;

/// <summary>A container that a webhook puts into each pod of a release: a service mesh, a volume's driver. The Deployments do not have it.</summary>
/// <param name="Name">The container's name.</param>
/// <param name="Place">Where it stands in the pod.</param>
public sealed record DaskInjectedContainer(string Name, DaskContainerPlace Place = DaskContainerPlace.First);
