using System.Diagnostics;
using System.Text;
using System.Text.RegularExpressions;

using DaskK8s.Tests.Rigs;
using DaskK8s.Tests.Rigs.Dask;

namespace DaskK8s.Tests.Samples;

/// <summary>Runs the sandbox as a newcomer does: reads what it prints, connects with that, and ends it with Ctrl-C.</summary>
public sealed partial class SandboxTests
{
    private static readonly string Program = Path.Combine(
        Repository.PathOf("samples/Sandbox"), Path.GetRelativePath(Repository.PathOf("tests/DaskK8s.Tests"), AppContext.BaseDirectory), "Sandbox.dll");

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(new string[0], "worker 3,gpu-workers 1", "my-dask-worker")]
    [InlineData(new[] { "--workers", "1", "--groups", "big=2,fast=1:FAST=2", "--chart-shape", "fullname-override" }, "worker 1,big 2,fast 1", "compute-worker")]
    [InlineData(new[] { "--workers", "1", "--groups", "none", "--chart-shape", "helm4" }, "worker 1", "my-dask-worker")]
    [InlineData(new[] { "--workers", "1", "--groups", "none", "--chart-shape", "configmaps" }, "worker 1", "my-dask-worker")]
    public async Task Sandbox_UntilCtrlC_IsAReleaseThatItsTextLeadsTo(string[] arguments, string groups, string deployment)
    {
        using Process sandbox = Start(arguments);
        using Ending ending = new(sandbox);
        StringBuilder text = new();
        while (await sandbox.StandardOutput.ReadLineAsync(Token) is { } line && !line.Contains("kubectl get pods", StringComparison.Ordinal))
        {
            text.AppendLine(line);
        }

        string[] kubeconfigs = [.. Kubeconfig().Matches(text.ToString()).Select(static m => m.Groups["path"].Value).Distinct()];
        string kubeconfig = kubeconfigs.Should().ContainSingle(text.ToString()).Which;
        await using (HelmCluster cluster = await HelmCluster.ConnectAsync(
            "my-dask", new HelmClusterOptions { KubeconfigPath = kubeconfig, LocalSchedulerPort = 0, LocalDashboardPort = 0 }, Token))
        {
            string.Join(',', cluster.WorkerGroups.Select(static g => $"{g.Name} {g.Ready}")).Should().Be(groups);
            cluster.WorkerGroups[0].DeploymentName.Should().Be(deployment);
            await using DaskClient client = await cluster.GetClientAsync(Token);
            (await client.RunScriptAsync<long>("sum(range(10))", cancellationToken: Token)).Should().Be(45);
        }

        using Process interrupt = Process.Start("kill", ["-INT", $"{sandbox.Id}"]);
        await sandbox.WaitForExitAsync(Token);

        sandbox.ExitCode.Should().Be(0);
        File.Exists(kubeconfig).Should().BeFalse();
    }

    [Theory]
    [InlineData("--workers", "many")]
    [InlineData("--workers", "-1")]
    [InlineData("--workers", "1000")]
    [InlineData("--workers")]
    [InlineData("--groups", "big")]
    [InlineData("--groups", "big=1,big=2")]
    [InlineData("--chart-shape", "round")]
    [InlineData("--colour", "red")]
    public async Task Sandbox_ArgumentsThatCannotBeMeant_ShowsTheUsage(params string[] arguments)
    {
        using Process sandbox = Start(arguments);
        string usage = await sandbox.StandardError.ReadToEndAsync(Token);
        await sandbox.WaitForExitAsync(Token);

        sandbox.ExitCode.Should().Be(2);
        usage.Should().StartWith("Usage: sandbox.sh");
    }

    private static Process Start(string[] arguments)
    {
        // Tests that are run in the background have SIGINT ignored, and what they start inherits that: env sets the defaults again.
        ProcessStartInfo start = new("env", ["--default-signal", "dotnet", Program, .. arguments]) { RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment["DASKK8S_PYTHON"] = DaskPython.Path;
        return Process.Start(start)!;
    }

    /// <summary>Ends a sandbox that a failed test left.</summary>
    private sealed class Ending(Process process) : IDisposable
    {
        public void Dispose()
        {
            if (!process.HasExited)
            {
                process.Kill(entireProcessTree: true);
            }
        }
    }

    [GeneratedRegex("(?:KubeconfigPath = @\"|-Kubeconfig '|KUBECONFIG=')(?<path>[^\"']+)")]
    private static partial Regex Kubeconfig();
}
