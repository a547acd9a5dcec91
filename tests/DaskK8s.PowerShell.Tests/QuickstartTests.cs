namespace DaskK8s.PowerShell.Tests;

/// <summary>The samples, in PowerShell itself, with Dask in the pods.</summary>
[Collection(DaskCollection.Name)]
public sealed class QuickstartTests(DaskFixture fixture) : IClassFixture<DaskFixture>
{
    // The module is found by its name, as one that was installed.
    private static readonly string Installed = $"$env:PSModulePath += [IO.Path]::PathSeparator + '{Path.GetDirectoryName(Places.Module)}'; ";

    [Fact]
    public async Task Quickstart_Walks_FourSixSevenAndBack()
    {
        using Pwsh pwsh = new();

        string[] lines = await pwsh.RunScriptAsync($"{Installed} & '{Places.Sample("quickstart.ps1")}' -Release my-dask -Kubeconfig '{fixture.Kubeconfig}'");

        lines.Should().Contain(static l => l.StartsWith("Connected:", StringComparison.Ordinal) && l.Contains("workers=4", StringComparison.Ordinal));
        lines.Should().ContainInOrder("Five default workers: 6 workers", "Two GPU workers: 7 workers", "Restored: 4 workers");
        lines.Where(static l => l.EndsWith("offers GPU=1", StringComparison.Ordinal)).Should().HaveCount(2);
    }

    [Fact]
    public async Task Pipeline_ScalesTheGroupsThatHaveGpus()
    {
        using Pwsh pwsh = new();

        string[] lines = await pwsh.RunScriptAsync($$"""
            {{Installed}}
            $null = Connect-DaskCluster my-dask -Kubeconfig '{{fixture.Kubeconfig}}'
            & '{{Places.Sample("pipeline.ps1")}}' -Replicas 2 | ForEach-Object { "$_" }
            "$(@(Get-DaskWorker).Count) workers"
            Set-DaskWorkerGroup gpu-workers -Replicas 1 -Wait
            "$(@(Get-DaskWorker).Count) workers"
            """);

        lines.Should().Equal("gpu-workers: 2/2 ready, GPU=1", "5 workers", "4 workers");
    }
}
