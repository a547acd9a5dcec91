namespace DaskK8s.Reach;

/// <summary>The route to the scheduler, and why it was selected.</summary>
/// <param name="Kind">The kind of route.</param>
/// <param name="Reason">Why this route was selected, for the log.</param>
internal sealed record SchedulerRoute(SchedulerRouteKind Kind, string Reason)
{
    /// <summary>Gets the Dask address to connect to if the route is direct.</summary>
    public string? Address { get; init; }

    /// <summary>Gets the dashboard's address if the route is direct, or null if only the scheduler knows it (its <c>services</c>).</summary>
    public string? DashboardLink { get; init; }

    /// <summary>Gets whether a forward is used if the direct connection fails.</summary>
    public bool MayFallBackToForward { get; init; }
}
