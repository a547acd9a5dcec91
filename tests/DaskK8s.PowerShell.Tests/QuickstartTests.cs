using System.Management.Automation;

using DaskK8s.Testing;

using k8s;

using Shell = System.Management.Automation.PowerShell;

namespace DaskK8s.PowerShell.Tests;

/// <summary>The walk of the mission and Python, with real Dask processes.</summary>
public sealed class QuickstartTests
{
    [Fact]
    public async Task Quickstart_Walks_FourSixSevenAndBack()
    {
        await using EmbeddedCluster cluster = await StartAsync();
        using Session session = new();

        string[] lines = [.. session.Run($"& '{Places.Sample("quickstart.ps1")}' -Release my-dask -Kubeconfig '{cluster.KubeconfigPath}'").Select(static l => l!.ToString())];

        lines.Should().Contain(static l => l.StartsWith("Connected:", StringComparison.Ordinal) && l.Contains("workers=4", StringComparison.Ordinal));
        lines.Should().ContainInOrder("Five default workers: 6 workers", "Two GPU workers: 7 workers", "Restored: 4 workers");
        lines.Should().Contain(static l => l.EndsWith("offers GPU=1", StringComparison.Ordinal));
    }

    [Fact]
    public async Task InvokePython_RunsOnTheGroup_AndGivesObjectsAndOutput()
    {
        await using EmbeddedCluster cluster = await StartAsync();
        using Session session = new();
        session.Run($"$null = Connect-DaskCluster my-dask -Kubeconfig '{cluster.KubeconfigPath}'; Wait-DaskWorker");

        session.Run("(Invoke-DaskPython 'dict(a=[x * 2 for x in numbers], n=name)' -Variable @{ numbers = 1, 2, 3; name = 'x' }).a[2]").Single()!.BaseObject.Should().Be(6L);
        session.Run("(Invoke-DaskPython 'from distributed import get_worker; get_worker().address' -Resources @{ GPU = 1 }) -eq (Get-DaskWorker gpu-workers).Address").Single()!.BaseObject.Should().Be(true);
        session.Run("(Invoke-DaskPython 'from distributed import get_worker; get_worker().address' -WorkerGroup gpu-workers) -eq (Get-DaskWorker gpu-workers).Address").Single()!.BaseObject.Should().Be(true);
        session.Run("Open-DaskDashboard workers -LinkOnly").Single()!.ToString().Should().StartWith("http://127.0.0.1:").And.EndWith("/workers");

        using Shell printing = session.Start("Invoke-DaskPython 'print(\"hello from a worker\")'");
        printing.Invoke().Should().BeEmpty();
        printing.Streams.Information.Select(static i => i.ToString()).Should().Contain(static i => i.Contains("hello from a worker", StringComparison.Ordinal));

        ErrorRecord error = session.Fail("Invoke-DaskPython '1 / 0'");
        error.FullyQualifiedErrorId.Should().StartWith("DaskTask,");
        error.Exception.Message.Should().Contain("ZeroDivisionError");
    }

    private static async Task<EmbeddedCluster> StartAsync()
    {
        EmbeddedCluster cluster = await EmbeddedCluster.StartAsync(new EmbeddedClusterOptions { DaskProcesses = true }, TestContext.Current.CancellationToken);
        using Kubernetes client = cluster.CreateClient();
        await ReleaseFixture.Release.InstallAsync(client, TestContext.Current.CancellationToken);
        return cluster;
    }
}
