using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;

using DaskK8s.Helm.Chart;
using DaskK8s.Testing;
using DaskK8s.Tests.Rigs;
using DaskK8s.Tests.Rigs.Dask;

namespace DaskK8s.Tests.Samples;

public sealed partial class TaxiTripsTests
{
    private static readonly string Program = Path.Combine(
        Repository.PathOf("samples/TaxiTrips"), Path.GetRelativePath(Repository.PathOf("tests/DaskK8s.Tests"), AppContext.BaseDirectory), "TaxiTrips.dll");

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task TaxiTrips_WithoutArguments_GivesTheExactMeanFromBothGroups()
    {
        (int exitCode, string output) = await RunAsync([], null);

        exitCode.Should().Be(0, output);
        MatchCollection parts = Part().Matches(output);
        parts.Select(p => p.Groups["group"].Value).Should().Equal(["worker", "gpu-workers"], output);
        MatchCollection exact = Exact().Matches(output);
        exact.Should().HaveCount(2, output);
        parts.Select(p => Number(p)).Should().Equal(exact.Select(e => Number(e)), output);
    }

    [Fact]
    public async Task TaxiTrips_ReleaseAndSource_ReadsThatFileThere()
    {
        await using EmbeddedCluster cluster = await EmbeddedCluster.StartAsync(new EmbeddedClusterOptions { DaskProcesses = true }, Token);
        using k8s.Kubernetes kubernetes = cluster.CreateClient();
        DaskRelease release = new()
        {
            Name = "taxis",
            Namespace = "trips",
            Workers = 1,
            Groups = [new DaskReleaseGroup { Name = "gpu-workers", DaskResources = "GPU=1" }],
        };
        await release.InstallAsync(kubernetes, Token);
        string file = Path.GetTempFileName();
        await File.WriteAllTextAsync(file, "trip_distance\n1.5\n2.5\n3.5\n", Token);

        (int exitCode, string output) = await RunAsync(["--release", "taxis", "--namespace", "trips", "--source", file], cluster.KubeconfigPath);
        (int sentExitCode, string sent) = await RunAsync(["--release", "taxis", "--namespace", "trips", "--source", "generated"], cluster.KubeconfigPath);
        File.Delete(file);
        (int missingExitCode, string missing) = await RunAsync(["--release", "taxis", "--namespace", "trips", "--source", file], cluster.KubeconfigPath);

        exitCode.Should().Be(0, output);
        output.Should().Contain("2.500000 miles over 3 trips").And.Contain("of group gpu-workers");
        sentExitCode.Should().Be(0, sent);
        Exact().Matches(sent).Should().HaveCount(2, sent);
        missingExitCode.Should().Be(1, missing);
        missing.Should().Contain("FileNotFoundError").And.Contain("--source generated");
    }

    private static async Task<(int ExitCode, string Output)> RunAsync(string[] arguments, string? kubeconfig)
    {
        ProcessStartInfo start = new("dotnet", [Program, .. arguments]) { RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment["DASKK8S_PYTHON"] = DaskPython.Path;
        if (kubeconfig is not null)
        {
            start.Environment["KUBECONFIG"] = kubeconfig;
        }

        using Process process = Process.Start(start)!;
        try
        {
            Task<string> errors = process.StandardError.ReadToEndAsync(Token);
            string output = await process.StandardOutput.ReadToEndAsync(Token);
            await process.WaitForExitAsync(Token);
            return (process.ExitCode, output + await errors);
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            throw;
        }
    }

    private static double Number(Match match) => double.Parse(match.Groups["mean"].Value, CultureInfo.InvariantCulture);

    [GeneratedRegex(@": (?<mean>[\d.]+) miles over 20000 trips, by (pandas|cudf) on worker tcp:\S+ of group (?<group>\S+)")]
    private static partial Regex Part();

    [GeneratedRegex(@"agrees with the generator's exact mean (?<mean>[\d.]+) over 20000 trips")]
    private static partial Regex Exact();
}
