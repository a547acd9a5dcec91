namespace DaskK8s.Reach;

/// <summary>The way to the scheduler, and why it was chosen.</summary>
/// <param name="Kind">The way.</param>
/// <param name="Reason">Why this way was chosen, for the log.</param>
internal sealed record SchedulerRoute(SchedulerRouteKind Kind, string Reason)
{
    /// <summary>Gets the Dask address to dial where the way is direct.</summary>
    public string? Address { get; init; }

    /// <summary>Gets where the dashboard is served where the way is direct, or null where only the scheduler knows (its <c>services</c>).</summary>
    public string? DashboardLink { get; init; }

    /// <summary>Gets whether a forward may take over where the direct way turns out to be closed.</summary>
    public bool MayFallBackToForward { get; init; }
}
