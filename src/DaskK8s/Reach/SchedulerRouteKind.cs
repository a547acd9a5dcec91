namespace DaskK8s.Reach;

/// <summary>The kinds of routes to a scheduler.</summary>
internal enum SchedulerRouteKind
{
    /// <summary>Connects directly to an address.</summary>
    Direct,

    /// <summary>Forwards through the API server.</summary>
    Forward,

    /// <summary>Does not connect.</summary>
    None,
}
