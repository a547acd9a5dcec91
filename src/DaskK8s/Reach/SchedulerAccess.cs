namespace DaskK8s;

/// <summary>The ways to reach the scheduler of a release.</summary>
public enum SchedulerAccess
{
    /// <summary>
    /// Selects the way automatically: in a pod of the same cluster, directly through the scheduler's Service; elsewhere, a LoadBalancer that
    /// already has an address, or else a forward through the API server. If forwarding is not allowed, the cluster object provides only what
    /// Kubernetes alone can answer and reports this in <see cref="HelmCluster.Limitations"/>.
    /// </summary>
    Auto,

    /// <summary>
    /// Connects to the Service: its DNS name in a pod of the cluster, the address of a LoadBalancer (waiting for it), or the node port of
    /// a NodePort Service.
    /// </summary>
    Direct,

    /// <summary>Forwards through the API server, regardless of the Service's type; requires permission to create <c>pods/portforward</c>.</summary>
    Forward,

    /// <summary>Does not connect to the scheduler: only groups, scaling and logs are available.</summary>
    None,
}
