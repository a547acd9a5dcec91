using DaskK8s.Common;

namespace DaskK8s.Helm.Chart;

/// <summary>The release's own scheduler.</summary>
internal sealed record ChartScheduler
{
    public required string DeploymentName { get; init; }

    public required string ServiceName { get; init; }

    /// <summary>Gets the type of the Service in the manifest.</summary>
    public string ServiceType { get; init; } = "ClusterIP";

    public string? LoadBalancerAddress { get; init; }

    /// <summary>Gets the port that workers and clients connect to: Port is the Service's port, TargetPort the pod's.</summary>
    public required ChartServicePort CommPort { get; init; }

    /// <summary>Gets the port of the dashboard.</summary>
    public required ChartServicePort DashboardPort { get; init; }

    /// <summary>Gets the port in the pod that the scheduler's arguments set; the chart sets it to <c>scheduler.servicePort</c>.</summary>
    public int ListenPort { get; init; } = DaskPorts.Scheduler;

    /// <summary>Gets the dashboard's port in the pod, as set by the arguments.</summary>
    public int DashboardListenPort { get; init; } = DaskPorts.Dashboard;

    /// <summary>Gets the Ingress in front of the dashboard; null if there is none.</summary>
    public ChartIngress? Ingress { get; init; }

    /// <summary>Gets the <c>component</c> label of the scheduler's objects.</summary>
    public string Component { get; init; } = "scheduler";

    /// <summary>Gets a value indicating whether the scheduler's arguments enable TLS.</summary>
    public bool UsesTls { get; init; }
}
