namespace DaskK8s;

/// <summary>The kinds of causes that keep a pod, or a whole worker group, from its desired state.</summary>
public enum PodCauseKind
{
    /// <summary>The cause is unknown.</summary>
    Unknown,

    /// <summary>The Kubernetes scheduler has not processed the pod yet, or a scheduling gate holds it back.</summary>
    NotScheduled,

    /// <summary>The pod is unschedulable: no node can run it.</summary>
    Unschedulable,

    /// <summary>The image cannot be pulled.</summary>
    ImageNotPulled,

    /// <summary>The container is being created: its image pulled, its volumes mounted, its network set up.</summary>
    ContainerCreating,

    /// <summary>The container cannot be created as the pod describes it: a Secret or ConfigMap is missing, the command does not exist.</summary>
    InvalidConfiguration,

    /// <summary>The container keeps exiting.</summary>
    CrashLoop,

    /// <summary>The container was killed because it exceeded its memory limit.</summary>
    OutOfMemory,

    /// <summary>The pod runs, but its readiness probe does not succeed.</summary>
    NotReady,

    /// <summary>The pod is ready, but its worker is not connected to the Dask scheduler.</summary>
    NotConnected,

    /// <summary>The pod's node does not respond.</summary>
    NodeLost,

    /// <summary>The pod has ended: it was evicted, preempted or rejected by its node.</summary>
    Ended,

    /// <summary>The pod is being deleted but still exists.</summary>
    Terminating,

    /// <summary>The pod is gone, but the Dask scheduler still lists its worker.</summary>
    StillListed,

    /// <summary>Kubernetes cannot create the group's pods because a quota is exhausted.</summary>
    QuotaExceeded,

    /// <summary>Kubernetes cannot create the group's pods because an admission rule rejects them.</summary>
    NotCreated,

    /// <summary>The group's Deployment does not exist.</summary>
    DeploymentMissing,

    /// <summary>A rollout that replaces the group's pods with a new template is in progress.</summary>
    RolloutInProgress,

    /// <summary>The Dask scheduler cannot be reached.</summary>
    SchedulerUnreachable,
}
