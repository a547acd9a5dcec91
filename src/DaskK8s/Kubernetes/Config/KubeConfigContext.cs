namespace DaskK8s.Kubernetes.Config;

/// <summary>A named pair of cluster and user in a kubeconfig.</summary>
/// <param name="Name">The context's name.</param>
/// <param name="Source">The file that contains it.</param>
/// <param name="Cluster">The name of its cluster.</param>
/// <param name="User">The name of its user; null if none is set.</param>
/// <param name="Namespace">Its namespace; null if none is set.</param>
internal sealed record KubeConfigContext(string Name, string Source, string? Cluster, string? User, string? Namespace);
