namespace DaskK8s.Scheduler;

/// <summary>Says what the release has of a scheduler.</summary>
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
    string? IngressLink);
