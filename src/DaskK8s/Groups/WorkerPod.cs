namespace DaskK8s;

/// <summary>A pod of a worker group, as of the last read.</summary>
/// <param name="Name">The pod's name.</param>
/// <param name="Uid">The pod's uid.</param>
/// <param name="PodIP">The pod's address, or null before it has one; the address of each of its Dask workers holds it.</param>
/// <param name="Phase">Kubernetes's phase: Pending, Running, Succeeded, Failed or Unknown.</param>
/// <param name="IsReady">Whether the pod's Ready condition is true.</param>
/// <param name="IsTerminating">Whether the pod is on its way out (it has a deletion timestamp).</param>
/// <param name="NodeName">The node that it is bound to, or null before it is scheduled.</param>
public sealed record WorkerPod(
    string Name, string Uid, string? PodIP, string Phase, bool IsReady, bool IsTerminating, string? NodeName);
