namespace DaskK8s;

/// <summary>The reason why a group cannot shrink without losing results.</summary>
public enum LosslessScaleDownObstacle
{
    /// <summary>The API server is older than 1.22 and chooses the pods that leave by itself.</summary>
    ServerTooOld,

    /// <summary>Pods may not be patched, so the pods that leave cannot be chosen.</summary>
    PodsMayNotBePatched,

    /// <summary>The scheduler is not reached, so nothing can be moved off the workers.</summary>
    SchedulerUnreachable,

    /// <summary>Results are held by the leaving workers only, and no other worker runs that could take them.</summary>
    NoOtherWorker,

    /// <summary>A rollout replaces the group's pods, and Kubernetes shrinks its old and new pods in proportion.</summary>
    RolloutInProgress,

    /// <summary>The group's pods did not come to rest, or another client kept changing the group.</summary>
    NotSettled,

    /// <summary>The group's workers are told to connect to another scheduler than the one that the cluster object talks to.</summary>
    OtherScheduler,

    /// <summary>Pods that would leave run, and the scheduler does not list their workers: nobody here knows what they hold.</summary>
    WorkersUnknown,
}
