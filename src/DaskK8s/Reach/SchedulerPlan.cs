using DaskK8s.Common;

namespace DaskK8s.Reach;

/// <summary>The scheduler of a release.</summary>
/// <param name="IsEnabled">Whether the release runs a scheduler of its own.</param>
/// <param name="ServiceName">The scheduler's Service.</param>
/// <param name="ServiceType">ClusterIP, NodePort or LoadBalancer, or null where it is not known.</param>
/// <param name="Port">The Service's port for Dask's protocol.</param>
/// <param name="DashboardPort">The Service's port for the dashboard, or null for none.</param>
/// <param name="PodSelector">The label selector of the scheduler's pods.</param>
/// <param name="CustomAddress">The scheduler that the workers are told to use instead (<c>worker.custom_scheduler_url</c>).</param>
/// <param name="IngressLink">The dashboard's address where the release has an ingress for it.</param>
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
    /// <summary>Gets the port that the scheduler listens on in its pod, as its arguments say.</summary>
    public int PodPort { get; init; } = DaskPorts.Scheduler;

    /// <summary>Gets the port that the dashboard listens on in the pod, as the scheduler's arguments say.</summary>
    public int DashboardPodPort { get; init; } = DaskPorts.Dashboard;

    /// <summary>Gets the port of the pod that the Service leads to; the chart writes 8786 whatever <c>scheduler.servicePort</c> is.</summary>
    public int TargetPort { get; init; } = DaskPorts.Scheduler;

    /// <summary>Gets whether the scheduler's arguments make it speak TLS.</summary>
    public bool UsesTls { get; init; }

    /// <summary>Gets whether the Service leads to a port where nothing listens: the chart's trap of a <c>scheduler.servicePort</c> other than 8786.</summary>
    public bool IsServiceDead => IsEnabled && TargetPort != PodPort;
}
