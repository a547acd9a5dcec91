using DaskK8s.Testing;

namespace Samples;

/// <summary>Starts a Kubernetes API server in this process, with the release of the mission in it.</summary>
internal static class EmbeddedRelease
{
    public const string Name = "my-dask";

    public static async Task<EmbeddedCluster> StartAsync(CancellationToken cancellationToken)
    {
        Console.WriteLine($"Starting an embedded cluster: release {Name} with three default workers and one GPU worker...");
        EmbeddedCluster cluster = await EmbeddedCluster.StartAsync(new EmbeddedClusterOptions { DaskProcesses = true }, cancellationToken);
        try
        {
            DaskRelease release = new()
            {
                Name = Name,
                Workers = 3,
                Groups = [new DaskReleaseGroup { Name = "gpu-workers", Replicas = 1, DaskResources = "GPU=1", Limits = new Dictionary<string, string> { ["nvidia.com/gpu"] = "1" } }],
            };
            using k8s.Kubernetes client = cluster.CreateClient();
            await release.InstallAsync(client, cancellationToken);
            return cluster;
        }
        catch
        {
            await cluster.DisposeAsync();
            throw;
        }
    }
}
