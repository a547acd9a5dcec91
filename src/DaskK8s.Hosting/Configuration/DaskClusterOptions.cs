namespace DaskK8s;

/// <summary>The options of a Dask cluster that an application uses through <see cref="IDaskCluster"/>.</summary>
public sealed record DaskClusterOptions
{
    /// <summary>Gets the name of the Helm release.</summary>
    /// <value>Null: there is no release, only the scheduler at <see cref="HelmClusterOptions.SchedulerAddress"/>.</value>
    public string? Release { get; init; }

    /// <summary>Gets how to connect to the release.</summary>
    /// <value>The defaults. The host's logger factory and clock are used if the options set none.</value>
    public HelmClusterOptions Cluster { get; init; } = new();

    /// <summary>Gets the options of the client that connects to the scheduler.</summary>
    /// <value>The defaults. Certificates, logger factory and clock of <see cref="Cluster"/> are used if the options set none.</value>
    public DaskClientOptions Client { get; init; } = new();

    /// <summary>Gets the time since the last response after which the next use checks the connection first.</summary>
    /// <value>5 s.</value>
    public TimeSpan CheckAfter { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>Gets the time limit of the check, after which the connection counts as lost.</summary>
    /// <value>5 s.</value>
    public TimeSpan CheckTimeout { get; init; } = TimeSpan.FromSeconds(5);
}
