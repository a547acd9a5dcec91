using DaskK8s.Helm.Chart;
using DaskK8s.IntegrationTests.Rigs;
using DaskK8s.Testing;

using k8s;
using k8s.Models;

namespace DaskK8s.IntegrationTests;

/// <summary>Runs the README's first program on a release, whole and interrupted.</summary>
public sealed class QuickstartContract(TestCluster kubernetes)
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(3);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Walk_OnARelease_EndsWithSevenWorkersAndPutsEverythingBack()
    {
        await using TestRelease release = await InstallAsync();
        await using QuickstartRun run = new(kubernetes.KubeconfigPath, "--release", "my-dask", "--namespace", release.Namespace);

        int exitCode = await run.ExitAsync(Token).WaitAsync(Limit, Token);

        exitCode.Should().Be(0, run.Output);
        run.Output.Should().ContainAll("workers=4", "workers=6", "workers=7", "distributed.scheduler", "Restored: worker=3, gpu-workers=1");
        (await ReplicasAsync(release)).Should().Be((3, 1));
    }

    [Theory]
    [InlineData("INT", 130)]
    [InlineData("TERM", 143)]
    public async Task Walk_EndedBySignal_PutsTheReleaseBack(string signal, int expected)
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows has no signals between processes.");
        await using TestRelease release = await InstallAsync();
        await using QuickstartRun run = new(kubernetes.KubeconfigPath, "--release", "my-dask", "--namespace", release.Namespace);
        await run.SeeAsync("Scaled the default group", Token).WaitAsync(Limit, Token);

        await run.SignalAsync(signal, Token);
        int exitCode = await run.ExitAsync(Token).WaitAsync(Limit, Token);

        exitCode.Should().Be(expected, run.Output);
        run.Output.Should().ContainAll("Restored: worker=3, gpu-workers=1", "Stopped");
        (await ReplicasAsync(release)).Should().Be((3, 1));
    }

    [Theory]
    [InlineData("INT", 130, "Starting")]
    [InlineData("INT", 130, "Connected")]
    [InlineData("TERM", 143, "Connected")]
    [InlineData("HUP", 129, "Connected")]
    public async Task Embedded_EndedBySignal_LeavesNoProcess(string signal, int expected, string seen)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Processes are looked up in /proc.");
        Assert.SkipWhen(kubernetes.Embedded is null, "Nothing of the cluster under test is used.");
        await using QuickstartRun run = new("/nowhere");
        await run.SeeAsync(seen, Token).WaitAsync(Limit, Token);

        await run.SignalAsync(signal, Token);
        int exitCode = await run.ExitAsync(Token).WaitAsync(Limit, Token);

        exitCode.Should().Be(expected, run.Output);
        run.Output.Should().Contain("Stopped");
        await NoneLeftAsync(run);
    }

    [Fact]
    public async Task Walk_NoSuchRelease_SaysSoInPlainWords()
    {
        await using TestRelease release = await InstallAsync();
        await using QuickstartRun run = new(kubernetes.KubeconfigPath, "--release", "your-dask", "--namespace", release.Namespace);

        int exitCode = await run.ExitAsync(Token).WaitAsync(Limit, Token);

        exitCode.Should().Be(1);
        run.Output.Should().Be($"There is no Helm release 'your-dask' in namespace '{release.Namespace}'. Releases there: my-dask.");
    }

    private Task<TestRelease> InstallAsync() => TestRelease.InstallAsync(
        kubernetes,
        r => r with
        {
            Workers = 3,
            Groups = [new DaskReleaseGroup { Name = "gpu-workers", DaskResources = "GPU=1", Limits = new Dictionary<string, string> { ["nvidia.com/gpu"] = "1" } }],
        });

    private async Task<(int?, int?)> ReplicasAsync(TestRelease release)
    {
        V1DeploymentList list = await kubernetes.Client.AppsV1.ListNamespacedDeploymentAsync(release.Namespace, cancellationToken: Token);
        int? Of(string name) => list.Items.Single(d => d.Metadata.Name == name).Spec.Replicas;
        return (Of("my-dask-worker"), Of("my-dask-worker-gpu-workers"));
    }

    /// <summary>Processes that were killed with their parent may be on their way out for a moment.</summary>
    private static async Task NoneLeftAsync(QuickstartRun run)
    {
        using CancellationTokenSource limit = CancellationTokenSource.CreateLinkedTokenSource(Token);
        limit.CancelAfter(TimeSpan.FromSeconds(10));
        while (run.Leftovers() is { Count: > 0 } left)
        {
            limit.IsCancellationRequested.Should().BeFalse("nothing may be left, but there is {0}", string.Join("; ", left));
            await Task.Delay(50, Token);
        }
    }
}
