namespace DaskK8s;

/// <summary>A Dask cluster that an application is configured for: connected at first use, shared, and connected again when it was lost.</summary>
/// <remarks>
/// <para>Get the object anew for each piece of work and do not keep it: it is replaced when the connection was lost. Do not dispose it; the host does.</para>
/// <para>Register it with <c>services.AddDaskCluster("name")</c>.</para>
/// </remarks>
public interface IDaskCluster
{
    /// <summary>Gets the name that the cluster was registered with.</summary>
    string Name { get; }

    /// <summary>Gets the connected release, connecting if need be.</summary>
    /// <param name="cancellationToken">Ends the wait; the attempt to connect goes on for others.</param>
    /// <returns>The cluster.</returns>
    /// <exception cref="DaskClusterUnavailableException">The cluster is away. The exception tells why and when the next attempt is made.</exception>
    /// <exception cref="InvalidOperationException">Only a scheduler's address is configured, so there is no release.</exception>
    ValueTask<HelmCluster> GetClusterAsync(CancellationToken cancellationToken = default);

    /// <summary>Gets the connected client, connecting if need be.</summary>
    /// <param name="cancellationToken">Ends the wait; the attempt to connect goes on for others.</param>
    /// <returns>The client.</returns>
    /// <exception cref="DaskClusterUnavailableException">The cluster is away. The exception tells why and when the next attempt is made.</exception>
    /// <exception cref="InvalidOperationException">The configuration says not to connect to the scheduler.</exception>
    ValueTask<IDaskClient> GetClientAsync(CancellationToken cancellationToken = default);
}
