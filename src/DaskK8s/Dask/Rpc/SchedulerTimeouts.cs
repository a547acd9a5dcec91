namespace DaskK8s.Dask.Rpc;

/// <summary>The time limits for communication with the scheduler.</summary>
internal sealed record SchedulerTimeouts
{
    /// <summary>Gets the time limit for connecting, including TLS and Dask's handshake.</summary>
    /// <value>10 seconds.</value>
    public TimeSpan Connect { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Gets the default time limit for the answer to a call.</summary>
    /// <value>30 seconds.</value>
    public TimeSpan Call { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Gets how long an idle connection is kept open for the next call.</summary>
    /// <value>1 minute, well within the idle limits of API servers and load balancers.</value>
    public TimeSpan Idle { get; init; } = TimeSpan.FromMinutes(1);
}
