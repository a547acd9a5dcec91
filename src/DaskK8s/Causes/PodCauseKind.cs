namespace DaskK8s;

/// <summary>Names why a pod of a worker group, or a group as a whole, is not as it was asked for.</summary>
public enum PodCauseKind
{
    /// <summary>No cause could be told.</summary>
    Unknown,

    /// <summary>The pod has not been looked at by Kubernetes's scheduler, or is held back by a scheduling gate.</summary>
    NotScheduled,

    /// <summary>No node can take the pod.</summary>
    Unschedulable,

    /// <summary>The image cannot be pulled.</summary>
    ImageNotPulled,

    /// <summary>The container is being created: its image pulled, its volumes mounted, its network set up.</summary>
    ContainerCreating,

    /// <summary>The container cannot be created as the pod describes it: a Secret or ConfigMap is missing, the command does not exist.</summary>
    InvalidConfiguration,

    /// <summary>The container ends again and again.</summary>
    CrashLoop,

    /// <summary>The container was killed as it used more memory than its limit.</summary>
    OutOfMemory,

    /// <summary>The pod runs, but its readiness probe does not succeed.</summary>
    NotReady,

    /// <summary>The pod is ready, but the Dask scheduler does not know its worker.</summary>
    NotConnected,

    /// <summary>The pod's node does not answer.</summary>
    NodeLost,

    /// <summary>The pod has ended: evicted, preempted, or refused by its node.</summary>
    Ended,

    /// <summary>The pod is to go, and is still there.</summary>
    Terminating,

    /// <summary>The pod is gone, but the Dask scheduler still lists its worker.</summary>
    StillListed,

    /// <summary>Kubernetes may not create the group's pods: a quota is used up.</summary>
    QuotaExceeded,

    /// <summary>Kubernetes cannot create the group's pods: an admission rule refuses them.</summary>
    NotCreated,

    /// <summary>The group's Deployment does not exist.</summary>
    DeploymentMissing,

    /// <summary>A rollout replaces the group's pods by those of a new template and has not ended.</summary>
    RolloutInProgress,

    /// <summary>The Dask scheduler could not be asked.</summary>
    SchedulerUnreachable,
}
