namespace DaskK8s.Common;

/// <summary>The ports that a Dask scheduler listens on by default.</summary>
internal static class DaskPorts
{
    /// <summary>The port of clients and workers.</summary>
    public const int Scheduler = 8786;

    /// <summary>The port of the dashboard.</summary>
    public const int Dashboard = 8787;
}
