// snippet: readme
using DaskK8s;
// end snippet

namespace DaskK8s.Docs.Tests.Snippets;

/// <summary>Holds what README.md shows.</summary>
internal static class ReadmeSnippets
{
    public static async Task ConnectScaleAndRunAsync()
    {
        // snippet: readme
        await using HelmCluster cluster = await HelmCluster.ConnectAsync("my-dask");
        await cluster.WaitForWorkersAsync();              // says why where it takes long
        Console.WriteLine(cluster);                       // HelmCluster(my-dask.default, 'tcp://127.0.0.1:8786', workers=4, threads=4, memory=…)
        Console.WriteLine(cluster.DashboardLink);         // live, forwarded to this machine

        await cluster.ScaleAsync(5);                      // the default group
        await cluster.ScaleAsync(2, "gpu-workers");       // a named one
        await cluster.WaitForWorkersAsync();

        await using DaskClient client = await cluster.GetClientAsync();
        TaskOptions onGpu = new() { Resources = new Dictionary<string, double> { ["GPU"] = 1 } };
        using DaskFuture<long> sum = await client.SubmitAsync<long>(PythonFunction.FromName("operator", "add"), [1, 2], onGpu);
        Console.WriteLine(await sum.ResultAsync());       // 3, computed by a GPU worker
        // end snippet
    }
}
