using DaskK8s.IntegrationTests.Rigs;
using DaskK8s.Tests.Rigs;

using k8s;
using k8s.Models;

namespace DaskK8s.IntegrationTests;

public sealed class FaultContract(TestCluster kubernetes)
{
    [Fact]
    public async Task SchedulerPodDeleted_SameAddress_LeadsToTheNewPod()
    {
        await using TestRelease release = await TestRelease.InstallAsync(kubernetes);
        await using HelmCluster cluster = await release.ConnectAsync();
        SchedulerInfo before = await cluster.GetSchedulerInfoAsync(TestContext.Current.CancellationToken);
        string? address = cluster.SchedulerAddress;

        await kubernetes.Client.CoreV1.DeleteCollectionNamespacedPodAsync(
            release.Namespace, labelSelector: "release=my-dask,component=scheduler", gracePeriodSeconds: 0, cancellationToken: TestContext.Current.CancellationToken);
        await cluster.WaitForWorkersAsync(cancellationToken: TestContext.Current.CancellationToken);
        SchedulerInfo after = before;
        await Poll.UntilAsync(
            async () =>
            {
                try
                {
                    after = await cluster.GetSchedulerInfoAsync(TestContext.Current.CancellationToken);
                    return after.Id != before.Id && after.Workers.Count == 5;
                }
                catch (DaskK8sException)
                {
                    // Not there yet.
                    return false;
                }
            },
            120);

        after.Workers.Should().HaveCount(5);
        cluster.SchedulerAddress.Should().Be(address);
    }

    [Fact]
    public async Task ApiServerRestarted_ClusterObject_GoesOn()
    {
        await using TestRelease release = await TestRelease.InstallAsync(kubernetes);
        await using HelmCluster cluster = await release.ConnectAsync();

        await kubernetes.RestartApiServerAsync(TestContext.Current.CancellationToken);

        await cluster.ScaleAsync(4, cancellationToken: TestContext.Current.CancellationToken);
        await cluster.WaitForWorkersAsync(cancellationToken: TestContext.Current.CancellationToken);
        (await cluster.GetSchedulerInfoAsync(TestContext.Current.CancellationToken)).Workers.Should().HaveCount(6);
    }

    [Fact]
    public async Task WaitForWorkersAsync_ApiServerRestartedMeanwhile_WatchesOn()
    {
        await using TestRelease release = await TestRelease.InstallAsync(kubernetes);
        await using HelmCluster cluster = await release.ConnectAsync();

        await cluster.ScaleAsync(4, cancellationToken: TestContext.Current.CancellationToken);
        TaskCompletionSource begun = new(TaskCreationOptions.RunContinuationsAsynchronously);
        Task waiting = cluster.WaitForWorkersAsync(
            progress: new Progress<WorkerGroupProgress>(_ => begun.TrySetResult()), cancellationToken: TestContext.Current.CancellationToken);
        await Task.WhenAny(begun.Task, waiting);
        await kubernetes.RestartApiServerAsync(TestContext.Current.CancellationToken);
        await waiting;

        (await cluster.GetSchedulerInfoAsync(TestContext.Current.CancellationToken)).Workers.Should().HaveCount(6);
    }

    [Fact]
    public async Task WaitForWorkersAsync_WatchExpired_ListsAgain()
    {
        await using TestRelease release = await TestRelease.InstallAsync(kubernetes);
        using StaleWatches stale = new();
        using k8s.Kubernetes client = kubernetes.CreateClient(stale);
        await using HelmCluster cluster = await release.ConnectAsync(o => o with { KubeconfigPath = null, Kubernetes = client });
        V1PodList old = await kubernetes.Client.CoreV1.ListNamespacedPodAsync(release.Namespace, cancellationToken: TestContext.Current.CancellationToken);
        await cluster.ScaleAsync(4, cancellationToken: TestContext.Current.CancellationToken);
        await kubernetes.ForgetHistoryAsync(TestContext.Current.CancellationToken);

        stale.Begin(old.Metadata.ResourceVersion);
        await cluster.WaitForWorkersAsync(cancellationToken: TestContext.Current.CancellationToken);

        stale.Expired.Should().BePositive();
        (await cluster.GetSchedulerInfoAsync(TestContext.Current.CancellationToken)).Workers.Should().HaveCount(6);
    }
}
