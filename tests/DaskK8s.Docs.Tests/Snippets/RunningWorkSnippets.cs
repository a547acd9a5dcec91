namespace DaskK8s.Docs.Tests.Snippets;

/// <summary>Holds what docs/running-work.md shows.</summary>
internal static class RunningWorkSnippets
{
    public static async Task SubmitAsync()
    {
        // snippet: work-submit
        await using HelmCluster cluster = await HelmCluster.ConnectAsync("my-dask");
        await using DaskClient client = await cluster.GetClientAsync();

        PythonFunction add = PythonFunction.FromName("operator", "add");
        TaskOptions onGpu = new() { Resources = new Dictionary<string, double> { ["GPU"] = 1 } };
        using DaskFuture<int> sum = await client.SubmitAsync<int>(add, [1, 2], onGpu);
        Console.WriteLine(await sum.ResultAsync());
        // end snippet
    }

    public static async Task AnnotateAsync()
    {
        await using HelmCluster cluster = await HelmCluster.ConnectAsync("my-dask");
        await using DaskClient client = await cluster.GetClientAsync();
        string[] urls = ["a", "ab", "abc"];

        // snippet: work-annotate
        PythonFunction mean = PythonFunction.FromSource("def mean(url): return float(len(url))", "mean");
        using (client.Annotate(new TaskOptions { Resources = new Dictionary<string, double> { ["GPU"] = 1 } }))
        {
            using DaskFutureList<double> means = await client.MapAsync<double>(mean, urls);
            Console.WriteLine(string.Join(", ", await client.GatherAsync(means)));
        }
        // end snippet
    }

    public static async Task ResubmitAsync()
    {
        await using HelmCluster cluster = await HelmCluster.ConnectAsync("my-dask");
        PythonFunction mean = PythonFunction.FromSource("def mean(url): return float(len(url))", "mean");
        string[] urls = ["a", "ab", "abc"];

        // snippet: work-resubmit
        await using DaskClient client = await cluster.GetClientAsync(new DaskClientOptions { ResubmitLostWork = true });
        using DaskFutureList<double> means = await client.MapAsync<double>(mean, urls);
        Console.WriteLine(string.Join(", ", await client.GatherAsync(means)));
        Console.WriteLine($"submitted {means[0].Attempts} times");
        // end snippet
    }

    public static async Task PublishAsync()
    {
        await using HelmCluster cluster = await HelmCluster.ConnectAsync("my-dask");
        await PublishAsync(cluster);
        await FindAsync(cluster);
    }

    private static async Task PublishAsync(HelmCluster cluster)
    {
        // snippet: work-publish
        await using DaskClient client = await cluster.GetClientAsync();
        DaskFutureList<int> futures = await client.MapAsync<int>(PythonFunction.FromName("operator", "neg"), new[] { 1, 2, 3 });
        await client.PublishAsync("job-42", futures);
        // end snippet
    }

    private static async Task FindAsync(HelmCluster cluster)
    {
        // snippet: work-find
        await using DaskClient client = await cluster.GetClientAsync();
        using DaskFutureList<int> futures = await client.FindAsync<int>("job-42");
        Console.WriteLine(string.Join(", ", await client.GatherAsync(futures)));
        await client.UnpublishAsync("job-42");
        // end snippet
    }
}
