using System.Diagnostics;

using DaskK8s.IntegrationTests.Rigs;

namespace DaskK8s.IntegrationTests;

public sealed class SampleContract(TestCluster kubernetes)
{
    [Fact]
    public async Task TaxiTrips_OnARelease_GivesTheExactMeanFromBothGroups()
    {
        await using TestRelease release = await TestRelease.InstallAsync(kubernetes);
        await using (HelmCluster everything = await release.ConnectAsync())
        {
            // From here on every pod of the release runs.
        }

        ProcessStartInfo start = new(
            "dotnet", [Samples.ProgramPath("TaxiTrips"), "--release", TestRelease.Name, "--namespace", release.Namespace, "--source", "generated"])
        {
            RedirectStandardOutput = true,
        };
        start.Environment["KUBECONFIG"] = kubernetes.KubeconfigPath;
        using Process program = Process.Start(start)!;
        string output = await program.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        await program.WaitForExitAsync(TestContext.Current.CancellationToken);

        program.ExitCode.Should().Be(0, output);
        output.Should().Contain("of group worker\n").And.Contain("of group gpu-workers\n").And.Contain("agrees with the generator's exact mean");
    }
}
