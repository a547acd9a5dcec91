namespace DaskK8s.Docs.Tests.Snippets;

/// <summary>Holds what docs/data-and-code.md shows.</summary>
internal static class DataAndCodeSnippets
{
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
