namespace DaskK8s;

/// <summary>A pod of a worker group, as of the last read.</summary>
/// <param name="Name">The pod's name.</param>
/// <param name="Uid">The pod's UID.</param>
/// <param name="PodIP">The pod's IP address, or null before it has one; it is part of the address of each of its Dask workers.</param>
/// <param name="Phase">The pod's phase: Pending, Running, Succeeded, Failed or Unknown.</param>
/// <param name="IsReady">Whether the pod's Ready condition is true.</param>
/// <param name="IsTerminating">Whether the pod is terminating (it has a deletion timestamp).</param>
/// <param name="NodeName">The node to which the pod is assigned, or null before it is scheduled.</param>
public sealed record WorkerPod(
    string Name, string Uid, string? PodIP, string Phase, bool IsReady, bool IsTerminating, string? NodeName);
