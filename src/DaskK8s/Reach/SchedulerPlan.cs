using DaskK8s.Common;

namespace DaskK8s.Reach;

/// <summary>The scheduler of a release.</summary>
/// <param name="IsEnabled">Whether the release runs its own scheduler.</param>
/// <param name="ServiceName">The scheduler's Service.</param>
/// <param name="ServiceType">ClusterIP, NodePort or LoadBalancer, or null if unknown.</param>
/// <param name="Port">The Service's port for Dask's protocol.</param>
/// <param name="DashboardPort">The Service's port for the dashboard, or null for none.</param>
/// <param name="PodSelector">The label selector of the scheduler's pods.</param>
/// <param name="CustomAddress">The scheduler that the workers are configured to use instead (<c>worker.custom_scheduler_url</c>).</param>
/// <param name="IngressLink">The dashboard's address if the release has an ingress for it.</param>
internal sealed record SchedulerPlan(
    bool IsEnabled,
    string ServiceName,
    string? ServiceType,
    int Port,
    int? DashboardPort,
    string PodSelector,
    string? CustomAddress,
    string? IngressLink)
{
    /// <summary>Gets the scheduler's port in its pod, as set by its arguments.</summary>
    public int PodPort { get; init; } = DaskPorts.Scheduler;

    /// <summary>Gets the dashboard's port in the pod, as set by the scheduler's arguments.</summary>
    public int DashboardPodPort { get; init; } = DaskPorts.Dashboard;

    /// <summary>Gets the pod port that the Service targets; the chart sets 8786 regardless of <c>scheduler.servicePort</c>.</summary>
    public int TargetPort { get; init; } = DaskPorts.Scheduler;

    /// <summary>Gets whether the scheduler's arguments enable TLS.</summary>
    public bool UsesTls { get; init; }

    /// <summary>Gets whether the Service targets a port that is not listened on, because <c>scheduler.servicePort</c> is not 8786 in the chart.</summary>
    public bool IsServiceDead => IsEnabled && TargetPort != PodPort;
}
