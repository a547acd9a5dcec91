namespace DaskK8s.Hosting.Connection;

/// <summary>A connection to a cluster: the release if one is configured, and the client if it is connected to the scheduler.</summary>
internal sealed class ClusterConnection : IAsyncDisposable
{
    /// <summary>The key that a check queries; no task has it.</summary>
    private static readonly string[] NoTask = ["daskk8s-is-anybody-there"];

    private ClusterConnection(HelmCluster? cluster, DaskClient? client) => (Cluster, Client) = (cluster, client);

    public HelmCluster? Cluster { get; }

    public DaskClient? Client { get; }

    public static async Task<ClusterConnection> OpenAsync(DaskClusterOptions options, CancellationToken cancellationToken)
    {
        DaskClientOptions client = options.Client with
        {
            Tls = options.Client.Tls ?? options.Cluster.Tls,
            LoggerFactory = options.Client.LoggerFactory ?? options.Cluster.LoggerFactory,
            TimeProvider = options.Client.TimeProvider ?? options.Cluster.TimeProvider,
        };
        if (options.Release is not { } release)
        {
            return new ClusterConnection(null, await DaskClient.ConnectAsync(options.Cluster.SchedulerAddress!, client, cancellationToken).ConfigureAwait(false));
        }

        HelmCluster cluster = await HelmCluster.ConnectAsync(release, options.Cluster, cancellationToken).ConfigureAwait(false);
        try
        {
            return new ClusterConnection(
                cluster, cluster.SchedulerAddress is null ? null : await cluster.GetClientAsync(client, cancellationToken).ConfigureAwait(false));
        }
        catch
        {
            await cluster.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>Checks the connection with a small request to the scheduler, or to the API server if there is no client.</summary>
    public async Task CheckAsync(CancellationToken cancellationToken)
    {
        if (Client is not null)
        {
            await Client.WhoHasAsync(NoTask, cancellationToken).ConfigureAwait(false);
        }
        else
        {
            await Cluster!.GetWorkerGroupsAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (Client is not null)
        {
            await Client.DisposeAsync().ConfigureAwait(false);
        }

        if (Cluster is not null)
        {
            await Cluster.DisposeAsync().ConfigureAwait(false);
        }
    }
}
