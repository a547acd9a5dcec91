namespace DaskK8s.Reach;

/// <summary>Names the ways to a scheduler.</summary>
internal enum SchedulerRouteKind
{
    /// <summary>Dials an address.</summary>
    Direct,

    /// <summary>Forwards through the API server.</summary>
    Forward,

    /// <summary>Does not reach it at all.</summary>
    None,
}
