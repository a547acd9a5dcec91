namespace DaskK8s.Testing;

/// <summary>What can go wrong with a pod.</summary>
public enum PodFault
{
    /// <summary>No node takes it: the pod stays <c>Pending</c>, with a <c>FailedScheduling</c> event.</summary>
    Unschedulable,

    /// <summary>Its image cannot be pulled: <c>ErrImagePull</c>, then <c>ImagePullBackOff</c>.</summary>
    ImagePull,

    /// <summary>It runs and never becomes ready.</summary>
    NeverReady,

    /// <summary>Its container exits again and again: <c>CrashLoopBackOff</c>.</summary>
    CrashLoop,

    /// <summary>It does not end when it is deleted, until its grace period is over.</summary>
    IgnoresTermination,

    /// <summary>Its node stops answering: the pod is not ready any more, the rest of its status stays as it was, and it does not go when it is deleted.</summary>
    NodeLost,
}
