namespace DaskK8s;

/// <summary>The ways to reach the scheduler of a release.</summary>
public enum SchedulerAccess
{
    /// <summary>
    /// Chooses: in a pod of the same cluster the scheduler's Service, directly; elsewhere a LoadBalancer that has its address
    /// already, else a forward through the API server. Without the right to forward, the cluster object serves what Kubernetes
    /// alone can answer and says so in <see cref="HelmCluster.Limitations"/>.
    /// </summary>
    Auto,

    /// <summary>
    /// Dials the Service: its DNS name in a pod of the cluster, the address of a LoadBalancer (waited for), or the node port of
    /// a NodePort Service.
    /// </summary>
    Direct,

    /// <summary>Forwards through the API server, whatever the Service's type; needs the right to create <c>pods/portforward</c>.</summary>
    Forward,

    /// <summary>Leaves the scheduler alone: groups, scaling and logs only.</summary>
    None,
}
