using System.Net;

namespace DaskK8s.Testing.Processes;

/// <summary>A pod that the kubelet runs.</summary>
internal sealed class PodRun(string uid, IPAddress address, IReadOnlyList<ContainerRun> containers)
{
    public string Uid { get; } = uid;

    public IPAddress Address { get; } = address;

    public IReadOnlyList<ContainerRun> Containers { get; } = containers;

    public CancellationTokenSource Stop { get; } = new();

    /// <summary>Gets or sets a value indicating whether the pod is ready, as set by a test; null if the kubelet decides.</summary>
    public bool? ReadyByHand { get; set; }

    public bool Terminating { get; set; }

    public bool PullFailed { get; set; }

    public bool Started { get; set; }

    /// <summary>Gets or sets the phase that the pod has ended in.</summary>
    public string? EndPhase { get; set; }
}
