namespace DaskK8s;

/// <summary>The reason why a group cannot shrink without losing results.</summary>
public enum LosslessScaleDownObstacle
{
    /// <summary>The API server is older than 1.22, so the leaving pods cannot be selected.</summary>
    ServerTooOld,

    /// <summary>Pods may not be patched, so the pods that leave cannot be chosen.</summary>
    PodsMayNotBePatched,

    /// <summary>The scheduler cannot be reached, so results cannot be moved off the workers.</summary>
    SchedulerUnreachable,

    /// <summary>Results are held only by the leaving workers, and no other running worker could take them.</summary>
    NoOtherWorker,

    /// <summary>A rollout is replacing the group's pods, and Kubernetes removes old and new pods in proportion.</summary>
    RolloutInProgress,

    /// <summary>The group's pods did not come to rest, or another client kept changing the group.</summary>
    NotSettled,

    /// <summary>The group's workers are configured to connect to a different scheduler than the cluster object's.</summary>
    OtherScheduler,

    /// <summary>Leaving pods are running but the scheduler does not list their workers, so what they hold is unknown.</summary>
    WorkersUnknown,
}
