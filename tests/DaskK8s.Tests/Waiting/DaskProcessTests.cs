using DaskK8s.Helm.Chart;
using DaskK8s.Testing;
using DaskK8s.Tests.Rigs.Dask;

using k8s;
using k8s.Models;

namespace DaskK8s.Tests.Waiting;

/// <summary>Waits for real Dask workers of a real scheduler, and reads what they log.</summary>
public sealed class DaskProcessTests
{
    private static readonly TimeSpan Long = TimeSpan.FromSeconds(120);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task WaitAndLogs_RealDask_ConnectedMeansTheSchedulerKnowsThem()
    {
        await using EmbeddedCluster embedded = await EmbeddedCluster.StartAsync(new EmbeddedClusterOptions { DaskProcesses = true }, Token);
        using k8s.Kubernetes client = embedded.CreateClient();
        await new DaskRelease { Workers = 1, Groups = [new DaskReleaseGroup { Name = "gpu", Replicas = 2, DaskResources = "GPU=1" }] }.InstallAsync(client, Token);
        await using HelmCluster helm = await ConnectAsync(embedded, client);
        List<WorkerGroupProgress> progress = [];

        await helm.WaitForWorkersAsync(Long, new Inline(progress.Add), cancellationToken: Token);

        TestContext.Current.TestOutputHelper?.WriteLine(string.Join('\n', progress));
        helm.SchedulerInfo!.Workers.GroupBy(static w => w.Group).ToDictionary(static g => g.Key!, static g => g.Count())
            .Should().BeEquivalentTo(new Dictionary<string, int> { ["worker"] = 1, ["gpu"] = 2 });
        progress.Last(static p => p.Group == "gpu").Should().Match<WorkerGroupProgress>(static p => p.IsComplete && p.Connected == 2);

        await helm.ScaleAsync(2, cancellationToken: Token);
        await helm.WaitForWorkersAsync(Long, cancellationToken: Token);
        (await helm.GetSchedulerInfoAsync(Token)).Workers.Should().HaveCount(4);

        IReadOnlyDictionary<string, string> logs = await helm.GetLogsAsync(new PodLogFilter { Component = PodComponent.Scheduler }, Token);
        logs.Values.Single().Should().Contain("Register worker");
        List<PodLogLine> lines = [];
        await foreach (PodLogLine line in helm.StreamLogsAsync(cancellationToken: Token))
        {
            lines.Add(line);
        }

        lines.Should().Contain(static l => l.Component == PodComponent.Scheduler && l.Level == "INFO" && l.Text.Contains("Register worker"));
        lines.Where(static l => l.Group == "gpu" && l.Level == "INFO").Should().NotBeEmpty();
        lines.Where(static l => !l.IsContinuation).Select(static l => l.Time).Should().BeInAscendingOrder();

        await helm.ScaleAsync(0, cancellationToken: Token);
        await helm.ScaleAsync(0, "gpu", Token);
        await helm.WaitForWorkersAsync(Long, cancellationToken: Token);
        (await helm.GetSchedulerInfoAsync(Token)).Workers.Should().BeEmpty();
    }

    [Fact]
    public async Task WaitForWorkersAsync_RealWorkerThatCannotStart_ShowsItsOwnWords()
    {
        await using EmbeddedCluster embedded = await EmbeddedCluster.StartAsync(new EmbeddedClusterOptions { DaskProcesses = true, CrashBackOff = TimeSpan.FromMilliseconds(100) }, Token);
        using k8s.Kubernetes client = embedded.CreateClient();
        await new DaskRelease { Workers = 1, Groups = [new DaskReleaseGroup { Name = "wrong", Replicas = 1, ExtraArgs = ["--no-such-option", "1"] }] }.InstallAsync(client, Token);
        await using HelmCluster helm = await ConnectAsync(embedded, client);

        WorkersNotReadyException error = (await helm.Awaiting(h => h.WaitForWorkersAsync(Long, cancellationToken: Token)).Should().ThrowAsync<WorkersNotReadyException>()).Which;

        TestContext.Current.TestOutputHelper?.WriteLine(error.Message);
        error.IsHopeless.Should().BeTrue();
        error.Causes[0].Should().Match<PodCause>(static c => c.Group == "wrong" && c.Kind == PodCauseKind.CrashLoop);
        error.Causes[0].Text.Should().Contain("its log ends with").And.Subject.Should().Contain("no-such-option");
    }

    private static async Task<HelmCluster> ConnectAsync(EmbeddedCluster embedded, k8s.Kubernetes client)
    {
        using CancellationTokenSource limit = CancellationTokenSource.CreateLinkedTokenSource(Token);
        limit.CancelAfter(Long);
        string log = "";
        while (!log.Contains("Scheduler at:"))
        {
            foreach (V1Pod pod in (await client.CoreV1.ListNamespacedPodAsync("default", labelSelector: "component=scheduler", cancellationToken: limit.Token)).Items.Where(static p => p.Status.Phase == "Running"))
            {
                using StreamReader reader = new(await client.CoreV1.ReadNamespacedPodLogAsync(pod.Metadata.Name, "default", cancellationToken: limit.Token));
                log = await reader.ReadToEndAsync(limit.Token);
            }

            await Task.Delay(50, limit.Token);
        }

        return await HelmCluster.ConnectAsync("my-dask", new HelmClusterOptions { KubeconfigPath = embedded.KubeconfigPath }, Token);
    }

    private sealed class Inline(Action<WorkerGroupProgress> report) : IProgress<WorkerGroupProgress>
    {
        public void Report(WorkerGroupProgress value) => report(value);
    }
}
