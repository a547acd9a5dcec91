namespace DaskK8s.Dask.Rpc;

/// <summary>Bounds how long the scheduler is waited for.</summary>
internal sealed record SchedulerTimeouts
{
    /// <summary>Gets the time for a connection to be there, TLS and Dask's handshake included.</summary>
    /// <value>10 seconds.</value>
    public TimeSpan Connect { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Gets the time for the answer to a call that names no limit of its own.</summary>
    /// <value>30 seconds.</value>
    public TimeSpan Call { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Gets how long an idle connection is kept for the next call.</summary>
    /// <value>1 minute, well within the idle limits of API servers and load balancers.</value>
    public TimeSpan Idle { get; init; } = TimeSpan.FromMinutes(1);
}
