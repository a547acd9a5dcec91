namespace DaskK8s.Testing;

/// <summary>The place that a webhook gives a container in a pod.</summary>
public enum DaskContainerPlace
{
    /// <summary>Before the pod's own containers.</summary>
    First,

    /// <summary>Behind the pod's own containers.</summary>
    Last,

    /// <summary>An init container, which ends before the others start.</summary>
    Init,

    /// <summary>A native sidecar: an init container that goes on running (<c>restartPolicy: Always</c>).</summary>
    NativeSidecar,
}
