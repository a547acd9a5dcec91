using System.Net;

namespace DaskK8s.Testing;

/// <summary>The options of an <see cref="EmbeddedCluster"/>.</summary>
public sealed record EmbeddedClusterOptions
{
    /// <summary>Gets a value indicating whether Dask pods run as real local <c>dask-scheduler</c> and <c>dask-worker</c> processes.</summary>
    /// <value><see langword="false"/> by default: pods without a process, ready at once.</value>
    public bool DaskProcesses { get; init; }

    /// <summary>Gets the Python interpreter that runs Dask.</summary>
    /// <value>By default the first of <c>$DASKK8S_PYTHON</c>, <c>/usr/bin/python3</c>, <c>python3</c> and <c>python</c> that can import <c>distributed</c>.</value>
    public string? Python { get; init; }

    /// <summary>Gets a value indicating whether workers run under Dask's nanny, as the chart's do.</summary>
    /// <value><see langword="false"/> by default. Without a nanny, a worker starts in half the time and has no restart at its memory limit; its pod restarts it when it exits.</value>
    public bool UseNanny { get; init; }

    /// <summary>Gets the version that the server reports; behaviour that changed between versions follows it.</summary>
    /// <value><c>v1.34.1</c> by default.</value>
    public string KubernetesVersion { get; init; } = "v1.34.1";

    /// <summary>Gets the loopback port to listen on.</summary>
    /// <value>0 by default: a free port.</value>
    public int Port { get; init; }

    /// <summary>Gets the number of changes that the server keeps; a watch from an earlier version fails with 410 Gone.</summary>
    /// <value>10,000 by default.</value>
    public int HistoryLimit { get; init; } = 10_000;

    /// <summary>Gets the interval of bookmarks for watches that request them.</summary>
    /// <value>One minute by default.</value>
    public TimeSpan BookmarkInterval { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>Gets the number of GPUs (<c>nvidia.com/gpu</c>) of the node.</summary>
    /// <value>8 by default.</value>
    public int Gpus { get; init; } = 8;

    /// <summary>Gets the CPU capacity of the node as a quantity.</summary>
    /// <value><c>64</c> by default, regardless of this machine.</value>
    public string NodeCpu { get; init; } = "64";

    /// <summary>Gets the memory capacity of the node as a quantity.</summary>
    /// <value><c>256Gi</c> by default, regardless of this machine.</value>
    public string NodeMemory { get; init; } = "256Gi";

    /// <summary>Gets the address assigned to a Service of type LoadBalancer; if it is a loopback address, the Service's ports can be reached there.</summary>
    /// <value>None by default: the Service stays pending.</value>
    public string? LoadBalancerAddress { get; init; }

    /// <summary>Gets the initial delay of <c>CrashLoopBackOff</c>; it doubles up to 32 times that.</summary>
    /// <value>One second by default (10 seconds on a real cluster).</value>
    public TimeSpan CrashBackOff { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>Gets a function that returns the target of a port of a pod without a process.</summary>
    /// <value>None by default: connections are refused, as they are if the function returns null.</value>
    public Func<PodPort, IPEndPoint?>? PortTarget { get; init; }

    /// <summary>Gets the port-forward transports that the server offers.</summary>
    /// <value>All by default.</value>
    public PortForwardTransports PortForward { get; init; } = PortForwardTransports.All;

    /// <summary>Gets the clock for timestamps.</summary>
    /// <value>The system's by default.</value>
    public TimeProvider TimeProvider { get; init; } = TimeProvider.System;

    /// <summary>Gets the minor version of Kubernetes: 34 for <c>v1.34.1</c>.</summary>
    internal int Minor => int.TryParse(KubernetesVersion.TrimStart('v').Split('.') is [_, var minor, ..] ? minor : null, out int number) ? number : 34;
}
