namespace DaskK8s;

/// <summary>A Dask cluster of an application: connected at first use, shared, and reconnected when the connection is lost.</summary>
/// <remarks>
/// <para>Get the object again for each piece of work and do not keep it: it is replaced after a lost connection. Do not dispose it; the host does.</para>
/// <para>Register it with <c>services.AddDaskCluster("name")</c>.</para>
/// </remarks>
public interface IDaskCluster
{
    /// <summary>Gets the name that the cluster was registered with.</summary>
    string Name { get; }

    /// <summary>Returns the connected release; connects if necessary.</summary>
    /// <param name="cancellationToken">Cancels the wait; the attempt to connect continues for other callers.</param>
    /// <returns>The cluster.</returns>
    /// <exception cref="DaskClusterUnavailableException">The cluster cannot be reached. The exception has the cause and the retry time.</exception>
    /// <exception cref="InvalidOperationException">Only a scheduler's address is configured, so there is no release.</exception>
    ValueTask<HelmCluster> GetClusterAsync(CancellationToken cancellationToken = default);

    /// <summary>Returns the connected client; connects if necessary.</summary>
    /// <param name="cancellationToken">Cancels the wait; the attempt to connect continues for other callers.</param>
    /// <returns>The client.</returns>
    /// <exception cref="DaskClusterUnavailableException">The cluster cannot be reached. The exception has the cause and the retry time.</exception>
    /// <exception cref="InvalidOperationException">The configuration disables the connection to the scheduler.</exception>
    ValueTask<IDaskClient> GetClientAsync(CancellationToken cancellationToken = default);
}
