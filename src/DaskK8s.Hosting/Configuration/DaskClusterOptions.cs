namespace DaskK8s;

/// <summary>The options of a Dask cluster that an application uses through <see cref="IDaskCluster"/>.</summary>
public sealed record DaskClusterOptions
{
    /// <summary>Gets the name of the Helm release.</summary>
    /// <value>Null: there is no release, only the scheduler at <see cref="HelmClusterOptions.SchedulerAddress"/>.</value>
    public string? Release { get; init; }

    /// <summary>Gets how to connect to the release.</summary>
    /// <value>The defaults. The host's logger factory and clock are used where the options name none.</value>
    public HelmClusterOptions Cluster { get; init; } = new();

    /// <summary>Gets how the client talks to the scheduler.</summary>
    /// <value>The defaults. Certificates, logger factory and clock of <see cref="Cluster"/> are used where the options name none.</value>
    public DaskClientOptions Client { get; init; } = new();

    /// <summary>Gets the age at which the last sign of life is too old, so that the next use asks the cluster for a new one first.</summary>
    /// <value>5 s.</value>
    public TimeSpan CheckAfter { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>Gets the time that the cluster has for that answer before it counts as lost.</summary>
    /// <value>5 s.</value>
    public TimeSpan CheckTimeout { get; init; } = TimeSpan.FromSeconds(5);
}
