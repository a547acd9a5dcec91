using DaskK8s.Testing;
using DaskK8s.Tests.Rigs;
using DaskK8s.Tests.Rigs.Cluster;

using k8s;

namespace DaskK8s.Tests.Cluster;

/// <summary>Counts what calls ask for: it must not depend on how many pods there are.</summary>
public sealed class GrowthTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task ConnectAsync_Release_ReadsNeitherWorkersPodsNorReplicaSets()
    {
        await using ConnectRig rig = await ConnectRig.StartAsync();
        await Poll.UntilAsync(async () => (await rig.Client.AppsV1.ListNamespacedDeploymentAsync("default", cancellationToken: Token)).Items
            .All(static d => (d.Status?.ReadyReplicas ?? 0) == d.Spec.Replicas));
        rig.Cluster.ClearRequests();
        await using HelmCluster cluster = await rig.ConnectAsync();

        rig.Cluster.Requests.Where(static r => r.Verb == "list").Select(static r => r.Resource).Should().BeEquivalentTo(["secrets", "deployments", "pods"]);
        // The tunnel's watch of the scheduler's pod may have begun by now.
        rig.Cluster.Requests.Where(static r => r.Resource == "pods").Should().OnlyContain(static r => r.Query.Contains("component%3Dscheduler", StringComparison.Ordinal));
        cluster.WorkerGroups.Select(static g => (g.Name, g.Ready, g.Pods.Count)).Should().Equal(("worker", 2, 0), ("gpu", 1, 0));

        IReadOnlyList<WorkerGroup> asked = await cluster.GetWorkerGroupsAsync(Token);

        asked.Select(static g => (g.Name, g.Ready, g.Pods.Count)).Should().Equal(("worker", 2, 2), ("gpu", 1, 1));
        await cluster.GetDriftAsync(Token);
        cluster.WorkerGroups[0].Pods.Should().HaveCount(2, "what was read last stays known");
    }

    [Fact]
    public async Task GetWorkerGroupsAsync_LargeRelease_ListsThePodsOnceAndFollowsThem()
    {
        await using ConnectRig rig = await ConnectRig.StartAsync(new DaskRelease { Workers = 600 }, new EmbeddedClusterOptions { NodeCpu = "10000", NodeMemory = "100Ti" });
        await using HelmCluster cluster = await rig.ConnectAsync(o => o with { SchedulerAccess = SchedulerAccess.None });
        await cluster.WaitForWorkersAsync(cancellationToken: Token);
        (await cluster.GetWorkerGroupsAsync(Token))[0].Pods.Should().HaveCount(600);
        rig.Cluster.ClearRequests();

        await cluster.ScaleAsync(590, new ScaleOptions { ScaleDown = ScaleDown.Immediate }, cancellationToken: Token);
        await Poll.UntilAsync(async () => (await cluster.GetWorkerGroupsAsync(Token))[0].Pods.Count == 590);

        rig.Cluster.Requests.Where(static r => r is { Verb: "list", Resource: "pods" }).Should().OnlyContain(static r => r.Query.Contains("daskk8s", StringComparison.Ordinal), "marked ones are asked for by their label");
    }

    [Fact]
    public async Task GetWorkerGroupsAsync_PodsOfALargeReleaseMayNotBeListedForAWhile_FollowsThemAgain()
    {
        await using ConnectRig rig = await ConnectRig.StartAsync(new DaskRelease { Workers = 600 }, new EmbeddedClusterOptions { NodeCpu = "10000", NodeMemory = "100Ti" });
        await using HelmCluster cluster = await rig.ConnectAsync(o => o with { SchedulerAccess = SchedulerAccess.None });
        using (rig.Cluster.Faults.AddHttp(new HttpFault { Verb = "list", Resource = "pods", Status = 403 }))
        {
            await cluster.Awaiting(c => c.GetWorkerGroupsAsync(Token)).Should().ThrowAsync<KubernetesForbiddenException>();
        }

        await Poll.UntilAsync(async () => (await cluster.GetWorkerGroupsAsync(Token))[0] is { Pods.Count: 600 });
        rig.Cluster.ClearRequests();
        await cluster.GetWorkerGroupsAsync(Token);

        rig.Cluster.Requests.Should().NotContain(static r => r.Resource == "pods", "they are followed by now");
    }

    [Fact]
    public async Task ConnectAsync_TenRevisions_FetchesTheRecordsThatMatter()
    {
        await using ConnectRig rig = await ConnectRig.StartAsync(new DaskRelease { Workers = 1, Revision = 10 });
        rig.Cluster.ClearRequests();

        await using HelmCluster cluster = await rig.ConnectAsync();

        cluster.Release.Revision.Should().Be(10);
        rig.Cluster.Requests.Should().ContainSingle(static r => r.Resource == "secrets").Which.Query.Should().Contain("status%21%3Dsuperseded");
    }

    [Fact]
    public async Task ConnectAsync_NothingButSupersededRecords_FetchesTheWholeHistory()
    {
        await using ConnectRig rig = await ConnectRig.StartAsync(new DaskRelease { Workers = 1, Status = "superseded", Revision = 3 });

        await using HelmCluster cluster = await rig.ConnectAsync();

        cluster.Release.Revision.Should().Be(3);
        cluster.Release.Status.Should().Be(HelmReleaseStatus.Superseded);
    }

    [Fact]
    public async Task Following_WaitsLogsAndCompletion_ShareOneWatchOfEachKind()
    {
        await using EmbeddedRelease release = await EmbeddedRelease.StartAsync();
        await release.Helm.WaitForWorkersAsync(cancellationToken: Token);
        release.Cluster.ClearRequests();
        using CancellationTokenSource enough = CancellationTokenSource.CreateLinkedTokenSource(Token);
        Task<int> following = CountAsync(release.Helm.StreamLogsAsync(new PodLogFilter { Follow = true }, enough.Token));
        using IDisposable held = release.Cluster.Faults.AddPods(PodFault.Unschedulable);
        Task<ScaleResult> scaling = release.Helm.ScaleAsync(4, new ScaleOptions { WaitForCompletion = true }, cancellationToken: Token);
        while ((await release.Helm.GetWorkerGroupsAsync(Token))[0].Desired != 4)
        {
            await Task.Delay(20, Token);
        }

        Task first = release.Helm.WaitForWorkersAsync(workerGroup: "worker", cancellationToken: Token);
        Task second = release.Helm.WaitForWorkersAsync(cancellationToken: Token);
        held.Dispose();
        await Task.WhenAll(first, second);
        (await scaling).IsComplete.Should().BeTrue();
        await enough.CancelAsync();
        await following;

        release.Cluster.Requests.Where(static r => r is { Verb: "watch", Resource: "pods" }).Should().ContainSingle();
        release.Cluster.Requests.Where(static r => r is { Verb: "watch", Resource: "deployments" }).Should().ContainSingle();
    }

    [Fact]
    public async Task ScaleAsync_WaitForCompletion_TakesFewRequestsHoweverLongItTakes()
    {
        await using EmbeddedRelease release = await EmbeddedRelease.StartAsync();
        IDisposable held = release.Cluster.Faults.AddPods(PodFault.Unschedulable);
        release.Cluster.ClearRequests();

        Task<ScaleResult> scaling = release.Helm.ScaleAsync(5, new ScaleOptions { WaitForCompletion = true }, cancellationToken: Token);
        await Task.Delay(TimeSpan.FromSeconds(2), Token);
        held.Dispose();
        ScaleResult result = await scaling;

        result.IsComplete.Should().BeTrue();
        release.Helm.WorkerGroups[0].Pods.Should().HaveCount(5);
        release.Cluster.Requests.Count(static r => r.Resource == "pods").Should().BeLessThan(4, "marks, a list and a watch");
    }

    private static async Task<int> CountAsync(IAsyncEnumerable<PodLogLine> lines)
    {
        int count = 0;
        try
        {
            await foreach (PodLogLine line in lines)
            {
                count++;
            }
        }
        catch (OperationCanceledException)
        {
            // The test has seen enough.
        }

        return count;
    }
}
