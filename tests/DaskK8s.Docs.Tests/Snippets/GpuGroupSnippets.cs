namespace DaskK8s.Docs.Tests.Snippets;

/// <summary>Holds what docs/gpu-groups.md shows.</summary>
internal static class GpuGroupSnippets
{
    public static async Task WriteValuesAsync()
    {
        // snippet: gpu-values
        await using HelmCluster cluster = await HelmCluster.ConnectAsync("my-dask");
        HelmValues values = cluster.Release.Values
            .WithLiveReplicas(cluster)
            .WithWorkerGroup(new WorkerGroupValues
            {
                Name = "gpu-workers",
                Replicas = 1,
                WorkerCommand = "dask-cuda-worker",
                DaskResources = { ["GPU"] = 1 },
                Limits = { ["nvidia.com/gpu"] = "1" },
            });
        await File.WriteAllTextAsync("my-values.yaml", values.ToYaml());
        Console.WriteLine(cluster.Release.GetUpgradeCommand("my-values.yaml"));
        // end snippet
    }

    public static async Task ScaleAsync()
    {
        await using HelmCluster cluster = await HelmCluster.ConnectAsync("my-dask");

        // snippet: gpu-scale
        await cluster.ScaleAsync(2, "gpu-workers");
        await cluster.WaitForWorkersAsync();
        // end snippet
    }

    public static async Task RunAsync()
    {
        await using HelmCluster cluster = await HelmCluster.ConnectAsync("my-dask");

        // snippet: gpu-run
        await using DaskClient client = await cluster.GetClientAsync();
        using (client.Annotate(new TaskOptions { Resources = new Dictionary<string, double> { ["GPU"] = 1 } }))
        {
            using DaskFuture<long> future = await client.SubmitAsync<long>(PythonFunction.FromName("operator", "add"), [1, 2]);
            Console.WriteLine(await future.ResultAsync());    // 3
        }
        // end snippet
    }

    public static async Task AdaptAsync()
    {
        await using HelmCluster cluster = await HelmCluster.ConnectAsync("my-dask");

        // snippet: gpu-adapt
        await using AdaptiveScaling adaptive = await cluster.AdaptAsync(
            new AdaptiveOptions { Groups = { ["worker"] = (1, 5), ["gpu-workers"] = (0, 4) } });
        // end snippet
    }
}
