using Apache.Arrow;

namespace DaskK8s.Docs.Tests.Snippets;

/// <summary>Holds what docs/data-and-code.md shows.</summary>
internal static class DataAndCodeSnippets
{
    public static async Task ArrayAsync(DaskClient client)
    {
        // snippet: data-array
        PythonFunction wave = PythonFunction.FromSource("import numpy\ndef wave(n): return numpy.sin(numpy.arange(n)).reshape(-1, 2)", "wave");
        using DaskFuture<double[,]> future = await client.SubmitAsync<double[,]>(wave, [6]);
        double[,] values = await future.ResultAsync();
        // end snippet
        Console.WriteLine(values.Length);
    }

    public static async Task ScatterAsync(DaskClient client, double[] prices)
    {
        // snippet: data-scatter
        using DaskFuture<double[]> scattered = await client.ScatterAsync(prices, new ScatterOptions { Broadcast = true });
        PythonFunction quantile = PythonFunction.FromName("numpy", "quantile");
        using DaskFutureList<double> quantiles = await client.StarMapAsync<double>(quantile, [[scattered, 0.05], [scattered, 0.95]]);
        // end snippet
        Console.WriteLine(string.Join(", ", await client.GatherAsync(quantiles)));
    }

    public static async Task TableAsync(HelmCluster cluster)
    {
        // snippet: data-table
        await using DaskClient client = await cluster.GetClientAsync(DaskTables.WithTables(null));
        Table means = await client.RunScriptAsync<Table>(
            """
            import dask.dataframe as dd
            df = dd.read_parquet("s3://trips/*.parquet")
            df.groupby("hour").distance.mean()
            """);
        // end snippet
        Console.WriteLine(means.RowCount);
    }

    public static async Task UploadAsync(DaskClient client)
    {
        // snippet: data-upload
        await client.UploadAsync("lib/mypackage");
        using DaskFuture<double> score = await client.SubmitAsync<double>(PythonFunction.FromName("mypackage.model", "score"), [42]);
        Console.WriteLine(await score.ResultAsync());
        await client.RemoveUploadAsync("mypackage");
        // end snippet
    }

    public static async Task InstallAsync(DaskClient client)
    {
        // snippet: data-install
        await client.InstallPackagesAsync(["s3fs", "lightgbm==4.*"], restartWorkers: true);
        // end snippet
    }
}
