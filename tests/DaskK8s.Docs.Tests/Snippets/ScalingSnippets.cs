namespace DaskK8s.Docs.Tests.Snippets;

/// <summary>Holds what docs/scaling.md shows.</summary>
internal static class ScalingSnippets
{
    public static async Task ScaleAsync()
    {
        await using HelmCluster cluster = await HelmCluster.ConnectAsync("my-dask");

        // snippet: scaling-scale
        await cluster.ScaleAsync(4);                                      // the default group
        await cluster.ScaleAsync(2, "gpu-workers");                       // another group
        await cluster.ScaleToSizeAsync(gpus: 1, workerGroup: "gpu-workers");    // as many pods as it takes, by the limits of one
        ScaleResult result = await cluster.ScaleToSizeAsync(memory: "1GB");
        Console.WriteLine($"{result.Before} -> {result.After}, {result.KeysMoved} results moved, stayed: {result.NotRetired.Count}");
        // end snippet
    }

    public static async Task AdaptAsync()
    {
        await using HelmCluster cluster = await HelmCluster.ConnectAsync("my-dask");

        // snippet: scaling-adapt
        await using AdaptiveScaling adaptive = await cluster.AdaptAsync(new AdaptiveOptions
        {
            Groups = { ["worker"] = (0, 20), ["gpu-workers"] = (0, 4) },
            IdleTimeout = TimeSpan.FromMinutes(10),
        });
        adaptive.Decided += (_, e) => Console.WriteLine(e.Decision);
        // end snippet
    }
}
