using System.Net;

namespace DaskK8s.Testing;

/// <summary>The options of an <see cref="EmbeddedCluster"/>.</summary>
public sealed record EmbeddedClusterOptions
{
    /// <summary>Gets a value indicating whether pods of Dask are real local <c>dask-scheduler</c> and <c>dask-worker</c> processes.</summary>
    /// <value><see langword="false"/> by default: pods without a process, ready at once.</value>
    public bool DaskProcesses { get; init; }

    /// <summary>Gets the Python to run Dask with.</summary>
    /// <value>By default the first of <c>$DASKK8S_PYTHON</c>, <c>/usr/bin/python3</c>, <c>python3</c> and <c>python</c> that can import <c>distributed</c>.</value>
    public string? Python { get; init; }

    /// <summary>Gets a value indicating whether workers run under Dask's nanny, as the chart's do.</summary>
    /// <value><see langword="false"/> by default: without it a worker starts in half the time; it is then not restarted past its memory limit, and its pod restarts it when it exits.</value>
    public bool UseNanny { get; init; }

    /// <summary>Gets the version that the server reports; behaviour that changed between versions follows it.</summary>
    /// <value><c>v1.34.1</c> by default.</value>
    public string KubernetesVersion { get; init; } = "v1.34.1";

    /// <summary>Gets the loopback port to listen on.</summary>
    /// <value>0 by default: a free one.</value>
    public int Port { get; init; }

    /// <summary>Gets how many changes the server remembers; a watch from before them is told 410 Gone.</summary>
    /// <value>10,000 by default.</value>
    public int HistoryLimit { get; init; } = 10_000;

    /// <summary>Gets how often a watch that asked for bookmarks gets one.</summary>
    /// <value>One minute by default.</value>
    public TimeSpan BookmarkInterval { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>Gets the number of GPUs (<c>nvidia.com/gpu</c>) of the node.</summary>
    /// <value>8 by default.</value>
    public int Gpus { get; init; } = 8;

    /// <summary>Gets the processors of the node as a quantity.</summary>
    /// <value><c>64</c> by default, whatever this machine has.</value>
    public string NodeCpu { get; init; } = "64";

    /// <summary>Gets the memory of the node as a quantity.</summary>
    /// <value><c>256Gi</c> by default, whatever this machine has.</value>
    public string NodeMemory { get; init; } = "256Gi";

    /// <summary>Gets the address that a Service of type LoadBalancer gets; where it is a loopback address the Service's ports can be reached there.</summary>
    /// <value>None by default: it stays pending.</value>
    public string? LoadBalancerAddress { get; init; }

    /// <summary>Gets how long a container waits in <c>CrashLoopBackOff</c> the first time; it doubles up to 32 times that.</summary>
    /// <value>One second by default (10 seconds on a real cluster).</value>
    public TimeSpan CrashBackOff { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>Gets where a port of a pod without a process leads.</summary>
    /// <value>Nowhere by default: the connection is refused. A port that it gives null for is refused too.</value>
    public Func<PodPort, IPEndPoint?>? PortTarget { get; init; }

    /// <summary>Gets which transports of port-forward the server offers.</summary>
    /// <value>All by default.</value>
    public PortForwardTransports PortForward { get; init; } = PortForwardTransports.All;

    /// <summary>Gets the clock of timestamps.</summary>
    /// <value>The system's by default.</value>
    public TimeProvider TimeProvider { get; init; } = TimeProvider.System;

    /// <summary>Gets the minor version of Kubernetes, 34 of <c>v1.34.1</c>.</summary>
    internal int Minor => int.TryParse(KubernetesVersion.TrimStart('v').Split('.') is [_, var minor, ..] ? minor : null, out int number) ? number : 34;
}
