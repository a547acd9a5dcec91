namespace DaskK8s.Testing;

/// <summary>The position at which a webhook injects a container into a pod.</summary>
public enum DaskContainerPlace
{
    /// <summary>Before the pod's own containers.</summary>
    First,

    /// <summary>After the pod's own containers.</summary>
    Last,

    /// <summary>An init container, which ends before the others start.</summary>
    Init,

    /// <summary>A native sidecar: an init container that keeps running (<c>restartPolicy: Always</c>).</summary>
    NativeSidecar,
}
