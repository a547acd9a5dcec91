using DaskK8s.IntegrationTests.Rigs;

namespace DaskK8s.IntegrationTests;

public sealed class LogContract(TestCluster kubernetes)
{
    [Fact]
    public async Task GetLogsAsync_AllPods_GivesSchedulerAndWorkersByPodName()
    {
        await using TestRelease release = await TestRelease.InstallAsync(kubernetes);
        await using HelmCluster cluster = await release.ConnectAsync();

        IReadOnlyDictionary<string, string> logs = await cluster.GetLogsAsync(cancellationToken: TestContext.Current.CancellationToken);

        logs.Should().HaveCount(6);
        logs.Single(l => l.Key.StartsWith("my-dask-scheduler-", StringComparison.Ordinal)).Value.Should().Contain("Register worker");
    }

    [Fact]
    public async Task GetLogsAsync_OneGroup_GivesOnlyItsPods()
    {
        await using TestRelease release = await TestRelease.InstallAsync(kubernetes);
        await using HelmCluster cluster = await release.ConnectAsync();

        IReadOnlyDictionary<string, string> logs = await cluster.GetLogsAsync(
            new PodLogFilter { WorkerGroup = "gpu-workers", TailLines = 3 }, TestContext.Current.CancellationToken);

        logs.Should().ContainSingle().Which.Key.Should().StartWith("my-dask-worker-gpu-workers-");
    }

    [Fact]
    public async Task StreamLogsAsync_Follow_GivesTheLinesOfAPodThatComesLater()
    {
        await using TestRelease release = await TestRelease.InstallAsync(kubernetes);
        await using HelmCluster cluster = await release.ConnectAsync();
        HashSet<string> known = [.. (await cluster.GetLogsAsync(cancellationToken: TestContext.Current.CancellationToken)).Keys];
        using CancellationTokenSource limit = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        limit.CancelAfter(TimeSpan.FromMinutes(1));

        await using IAsyncEnumerator<PodLogLine> lines = cluster
            .StreamLogsAsync(new PodLogFilter { Component = PodComponent.Worker, Follow = true, TailLines = 1 }, limit.Token).GetAsyncEnumerator(limit.Token);
        (await lines.MoveNextAsync()).Should().BeTrue();
        await cluster.ScaleAsync(4, cancellationToken: limit.Token);
        while (known.Contains(lines.Current.Pod))
        {
            (await lines.MoveNextAsync()).Should().BeTrue();
        }

        lines.Current.Group.Should().Be("worker");
        lines.Current.Text.Should().NotBeEmpty();
    }
}
