namespace DaskK8s.Packages.Tests;

/// <summary>Runs <c>samples/quickstart.cs</c> as the README says.</summary>
public sealed class QuickstartFileTests
{
    [Fact]
    public async Task QuickstartFile_Run_WalksFromFourToSixToSevenWorkersAndBack()
    {
        CancellationToken token = TestContext.Current.CancellationToken;

        string output = await Command.RunAsync(Command.Of(Repository.Root, "dotnet", "run", "samples/quickstart.cs"), token);

        string[] lines = output.Split('\n');
        lines.Where(static l => l.StartsWith("HelmCluster(")).Select(static l => l[l.IndexOf("workers=", StringComparison.Ordinal)..][..9]).Should()
            .Equal("workers=4", "workers=6", "workers=7", "workers=4");
        lines.Where(static l => l.StartsWith("1000 trips, ")).Select(static l => l[(l.LastIndexOf(' ') + 1)..]).Should().Equal("worker", "gpu-workers");
        output.Should().Contain("==> my-dask-scheduler-");
    }
}
