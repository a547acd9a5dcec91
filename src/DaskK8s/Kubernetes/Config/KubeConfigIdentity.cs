namespace DaskK8s.Kubernetes.Config;

/// <summary>The parts of a connection: server, user and namespace.</summary>
/// <param name="Context">The name of the context; null in a pod.</param>
/// <param name="Cluster">The server.</param>
/// <param name="User">The user.</param>
/// <param name="Namespace">The namespace.</param>
internal sealed record KubeConfigIdentity(string? Context, KubeConfigCluster Cluster, KubeConfigUser User, string Namespace);
