namespace DaskK8s.Testing;

/// <summary>The faults that can be injected into pods.</summary>
public enum PodFault
{
    /// <summary>The pod is unschedulable: it stays <c>Pending</c>, with a <c>FailedScheduling</c> event.</summary>
    Unschedulable,

    /// <summary>Its image cannot be pulled: <c>ErrImagePull</c>, then <c>ImagePullBackOff</c>.</summary>
    ImagePull,

    /// <summary>It runs and never becomes ready.</summary>
    NeverReady,

    /// <summary>Its container keeps exiting: <c>CrashLoopBackOff</c>.</summary>
    CrashLoop,

    /// <summary>It ignores termination: when it is deleted, it runs until its grace period expires.</summary>
    IgnoresTermination,

    /// <summary>Its node stops responding: the pod is no longer ready, the rest of its status is unchanged, and it is not removed when it is deleted.</summary>
    NodeLost,
}
