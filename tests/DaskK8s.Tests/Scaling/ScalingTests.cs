using DaskK8s.Dask.Tasks;
using DaskK8s.Scaling.Lossless;
using DaskK8s.Testing;
using DaskK8s.Tests.Rigs;
using DaskK8s.Tests.Rigs.Kubernetes;

using k8s;
using k8s.Models;

using Microsoft.Extensions.Logging;

namespace DaskK8s.Tests.Scaling;

/// <summary>Scales groups whose pods run nothing: requests, refusals, field ownership, drift.</summary>
public sealed class ScalingTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private static readonly ScaleOptions Immediate = new() { ScaleDown = ScaleDown.Immediate };

    [Fact]
    public async Task ScaleAsync_Growing_IsOnePatchUntilAccepted()
    {
        await using EmbeddedCluster kubernetes = await StartAsync(new DaskRelease { Workers = 2 });
        await using HelmCluster cluster = await ConnectAsync(kubernetes);
        kubernetes.ClearRequests();

        ScaleResult result = await cluster.ScaleAsync(4, cancellationToken: Token);

        result.Should().BeEquivalentTo(new { WorkerGroup = "worker", Before = 2, After = 4, Requested = 4, Ownership = FieldOwnership.GivenBack });
        result.AcceptedAfter.Should().BePositive();
        kubernetes.Requests[0].Verb.Should().Be("patch");
        (await ReplicasAsync(kubernetes, "my-dask-worker")).Should().Be(4);
    }

    [Fact]
    public async Task ScaleAsync_RememberedNumberIsStale_StillNeverShrinksByMistake()
    {
        await using EmbeddedCluster kubernetes = await StartAsync(new DaskRelease { Workers = 2 });
        await using HelmCluster cluster = await ConnectAsync(kubernetes);
        await PatchReplicasAsync(kubernetes, "my-dask-worker", 6);

        // 4 is more than the remembered 2, and less than the 6 that there are: a shrink, which cannot be had without a scheduler.
        Func<Task> act = () => cluster.ScaleAsync(4, cancellationToken: Token);

        (await act.Should().ThrowAsync<LosslessScaleDownException>()).Which.Obstacle.Should().Be(LosslessScaleDownObstacle.SchedulerUnreachable);
        (await ReplicasAsync(kubernetes, "my-dask-worker")).Should().Be(6);
        (await cluster.ScaleAsync(8, cancellationToken: Token)).Should().BeEquivalentTo(new { Before = 6, After = 8 });
    }

    [Fact]
    public async Task ScaleAsync_SchedulerUnreachable_RefusesAndImmediateWorks()
    {
        await using EmbeddedCluster kubernetes = await StartAsync(new DaskRelease { Workers = 3 });
        await using HelmCluster cluster = await ConnectAsync(kubernetes);
        kubernetes.ClearRequests();

        LosslessScaleDownException refusal = (await cluster.Invoking(c => c.ScaleAsync(1, cancellationToken: Token))
            .Should().ThrowAsync<LosslessScaleDownException>()).Which;
        refusal.Should().BeEquivalentTo(new { Obstacle = LosslessScaleDownObstacle.SchedulerUnreachable, WorkerGroup = "worker", Replicas = 1 });
        refusal.Message.Should().Contain("Immediate");
        kubernetes.Requests.Should().NotContain(static r => r.Verb == "patch");

        ScaleResult result = await cluster.ScaleAsync(1, Immediate, cancellationToken: Token);

        result.Should().BeEquivalentTo(new { Before = 3, After = 1, Requested = 1 });
    }

    [Fact]
    public async Task ScaleAsync_OnlyPendingPodsLeave_NeedsNoScheduler()
    {
        await using EmbeddedCluster kubernetes = await StartAsync(new DaskRelease { Workers = 2 }, new EmbeddedClusterOptions { KubernetesVersion = "v1.20.2" });
        await using HelmCluster cluster = await ConnectAsync(kubernetes);
        using IDisposable fault = kubernetes.Faults.AddPods(PodFault.Unschedulable, new PodSelector { NamePrefix = "my-dask-worker" });
        string[] before = await PodsAsync(kubernetes);
        await cluster.ScaleAsync(5, cancellationToken: Token);
        await Poll.UntilAsync(async () => (await PodsAsync(kubernetes)).Length == 5);

        ScaleResult result = await cluster.ScaleAsync(2, cancellationToken: Token);

        result.Should().BeEquivalentTo(new { Before = 5, After = 2 });
        result.Retired.Should().HaveCount(3);
        (await PodsAsync(kubernetes)).Should().BeEquivalentTo(before);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task ScaleAsync_ReleaseOfHelm4_LeavesTheFieldToHelmSoThatTheNextUpgradePasses(bool givesBack)
    {
        DaskRelease release = new() { Workers = 2, HelmVersion = 4 };
        await using EmbeddedCluster kubernetes = await StartAsync(release);
        await using HelmCluster cluster = await ConnectAsync(kubernetes);

        ScaleResult result = await cluster.ScaleAsync(5, new ScaleOptions { GiveBackField = givesBack }, cancellationToken: Token);
        using k8s.Kubernetes client = kubernetes.CreateClient();
        Func<Task> upgrade = () => release.UpgradeAsync(client, Token);

        result.Ownership.Should().Be(givesBack ? FieldOwnership.ChangedAsOwner : FieldOwnership.Kept);
        if (givesBack)
        {
            await upgrade.Should().NotThrowAsync();
            (await ReplicasAsync(kubernetes, "my-dask-worker")).Should().Be(2);
        }
        else
        {
            (await upgrade.Should().ThrowAsync<k8s.Autorest.HttpOperationException>()).Which.Response.Content.Should().Contain("spec.replicas");
        }
    }

    [Fact]
    public async Task ScaleAsync_GiveBack_TouchesNobodyElsesEntry()
    {
        await using EmbeddedCluster kubernetes = await StartAsync(new DaskRelease { Workers = 2, HelmVersion = 4 });
        await using HelmCluster cluster = await ConnectAsync(kubernetes);
        using k8s.Kubernetes client = kubernetes.CreateClient();
        await client.AppsV1.PatchNamespacedDeploymentAsync(
            new V1Patch("""{"metadata":{"annotations":{"somebody":"else"}}}""", V1Patch.PatchType.MergePatch), "my-dask-worker", "default", fieldManager: "somebody", cancellationToken: Token);

        await cluster.ScaleAsync(3, cancellationToken: Token);

        V1Deployment after = await client.AppsV1.ReadNamespacedDeploymentAsync("my-dask-worker", "default", cancellationToken: Token);
        after.Metadata.ManagedFields.Select(static m => m.Manager).Should().Contain(["helm", "somebody"]).And.NotContain("daskk8s");
        after.Metadata.Annotations.Should().ContainKey("somebody");
    }

    [Fact]
    public async Task ScaleAsync_GiveBackRefused_IsToldAndNotFatal()
    {
        await using EmbeddedCluster kubernetes = await StartAsync(new DaskRelease { Workers = 2, HelmVersion = 4 });
        await PatchReplicasAsync(kubernetes, "my-dask-worker", 1);
        using LogCollector log = new();
        using ILoggerFactory loggers = LoggerFactory.Create(l => l.AddProvider(log));
        await using HelmCluster cluster = await ConnectAsync(kubernetes, loggers);
        using IDisposable fault = kubernetes.Faults.AddHttp(new HttpFault { Verb = "patch", Resource = "deployments", Skip = 1, Status = 403 });

        ScaleResult result = await cluster.ScaleAsync(3, cancellationToken: Token);

        result.Should().BeEquivalentTo(new { After = 3, Ownership = FieldOwnership.Kept });
        log.Lines.Should().ContainSingle(static l => l.StartsWith("Warning 4500 ")).Which.Should().Contain("my-dask-worker").And.Contain("helm upgrade");
    }

    [Theory]
    [InlineData(409)]
    [InlineData(422)]
    public async Task ScaleAsync_DeploymentChangesBeforeTheGiveBack_TriesAgain(int status)
    {
        DaskRelease release = new() { Workers = 2, HelmVersion = 4 };
        await using EmbeddedCluster kubernetes = await StartAsync(release);
        await PatchReplicasAsync(kubernetes, "my-dask-worker", 1);
        await using HelmCluster cluster = await ConnectAsync(kubernetes);
        using IDisposable fault = kubernetes.Faults.AddHttp(new HttpFault { Verb = "patch", Resource = "deployments", Skip = 1, Times = 2, Status = status });

        ScaleResult result = await cluster.ScaleAsync(3, cancellationToken: Token);

        result.Should().BeEquivalentTo(new { After = 3, Ownership = FieldOwnership.GivenBack });
        using k8s.Kubernetes client = kubernetes.CreateClient();
        await release.Invoking(r => r.UpgradeAsync(client, Token)).Should().NotThrowAsync();
    }

    [Fact]
    public async Task ScaleAsync_MarksPastTheirTime_AreClearedByAnyScaling()
    {
        await using EmbeddedCluster kubernetes = await StartAsync(new DaskRelease { Workers = 2 });
        await using HelmCluster cluster = await ConnectAsync(kubernetes);
        using k8s.Kubernetes client = kubernetes.CreateClient();
        IList<V1Pod> pods = (await client.CoreV1.ListNamespacedPodAsync("default", labelSelector: "component=worker", cancellationToken: Token)).Items;
        await TestMarks.CondemnAsync(client, pods[0], DateTimeOffset.UtcNow.AddMinutes(-1), 7, Token);
        await TestMarks.CondemnAsync(client, pods[1], DateTimeOffset.UtcNow.AddMinutes(5), null, Token);

        await cluster.ScaleAsync(3, cancellationToken: Token);

        V1Pod past = await client.CoreV1.ReadNamespacedPodAsync(pods[0].Metadata.Name, "default", cancellationToken: Token);
        PodMarks.Read(past).Should().BeNull();
        past.Metadata.Annotations[PodMarks.CostAnnotation].Should().Be("7", "that is the cost that it had");
        PodMarks.IsCondemned(await client.CoreV1.ReadNamespacedPodAsync(pods[1].Metadata.Name, "default", cancellationToken: Token)).Should().BeTrue("its scaling may still be under way");
    }

    [Fact]
    public async Task ScaleAsync_WaitsForCompletion_ReturnsWhenThePodsAreReadyOrTheTimeIsOver()
    {
        await using EmbeddedCluster kubernetes = await StartAsync(new DaskRelease { Workers = 1 });
        await using HelmCluster cluster = await ConnectAsync(kubernetes);
        ScaleOptions waits = Immediate with { WaitForCompletion = true };

        (await cluster.ScaleAsync(3, waits, cancellationToken: Token)).IsComplete.Should().BeTrue();
        (await PodsAsync(kubernetes)).Should().HaveCount(3);
        (await cluster.GetWorkerGroupsAsync(Token))[0].Ready.Should().Be(3);
        (await cluster.ScaleAsync(1, waits, cancellationToken: Token)).IsComplete.Should().BeTrue();
        using IDisposable fault = kubernetes.Faults.AddPods(PodFault.Unschedulable);
        (await cluster.ScaleAsync(2, waits with { CompletionTimeout = TimeSpan.FromSeconds(1) }, cancellationToken: Token)).IsComplete.Should().BeFalse();
    }

    [Fact]
    public async Task ScaleAsync_SameNumber_TakesNoField()
    {
        await using EmbeddedCluster kubernetes = await StartAsync(new DaskRelease { Workers = 2 });
        await using HelmCluster cluster = await ConnectAsync(kubernetes);

        (await cluster.ScaleAsync(2, cancellationToken: Token)).Ownership.Should().Be(FieldOwnership.NotTaken);
    }

    [Fact]
    public async Task GetDriftAsync_ScaledAndTrapped_TellsBothAndRestorePutsBack()
    {
        DaskRelease release = new() { Workers = 2, HelmVersion = 4, Groups = [new DaskReleaseGroup { Name = "gpu", Replicas = 0 }] };
        await using EmbeddedCluster kubernetes = await StartAsync(release);
        await using HelmCluster cluster = await ConnectAsync(kubernetes);
        (await cluster.GetDriftAsync(Token)).Should().BeEmpty();

        await cluster.ScaleAsync(4, Immediate, cancellationToken: Token);
        await cluster.ScaleAsync(0, Immediate, "gpu", Token);
        IReadOnlyList<WorkerGroupDrift> drift = await cluster.GetDriftAsync(Token);

        drift.Should().BeEquivalentTo(
        [
            new { WorkerGroup = "worker", Live = 4, Deployed = 2, Declared = (int?)2, IsZeroTrap = false, WouldShrink = true },
            new { WorkerGroup = "gpu", Live = 0, Deployed = 2, Declared = (int?)0, IsZeroTrap = true, WouldShrink = false },
        ]);
        IReadOnlyList<ScaleResult> restored = await cluster.RestoreDeclaredAsync(Immediate, Token);
        restored.Select(static r => (r.WorkerGroup, r.After)).Should().Equal(("gpu", 2), ("worker", 2));
        (await cluster.GetDriftAsync(Token)).Should().BeEmpty();
    }

    [Fact]
    public async Task ScaleAsync_BySize_CountsPodsByTheirLimits()
    {
        DaskRelease release = new()
        {
            WorkerLimits = new Dictionary<string, string> { ["cpu"] = "4", ["memory"] = "16Gi" },
            Groups = [new DaskReleaseGroup { Name = "gpu", Limits = new Dictionary<string, string> { ["nvidia.com/gpu"] = "2" } }],
        };
        await using EmbeddedCluster kubernetes = await StartAsync(release);
        await using HelmCluster cluster = await ConnectAsync(kubernetes);

        (await cluster.ScaleToSizeAsync(memory: "100GiB", cancellationToken: Token)).After.Should().Be(7);
        (await cluster.ScaleToSizeAsync(cores: 33, cancellationToken: Token)).After.Should().Be(9);
        (await cluster.ScaleToSizeAsync(gpus: 7, workerGroup: "gpu", cancellationToken: Token)).After.Should().Be(4);
        (await cluster.Invoking(c => c.ScaleToSizeAsync(gpus: 1, cancellationToken: Token)).Should().ThrowAsync<ScaleTargetUnknownException>())
            .Which.Message.Should().Contain("cpu, memory");
        await cluster.Invoking(c => c.ScaleToSizeAsync(cancellationToken: Token)).Should().ThrowAsync<ArgumentException>();
        await cluster.Invoking(c => c.ScaleToSizeAsync(memory: "much", cancellationToken: Token)).Should().ThrowAsync<ArgumentException>();
    }

    private static async Task<EmbeddedCluster> StartAsync(DaskRelease release, EmbeddedClusterOptions? options = null)
    {
        EmbeddedCluster kubernetes = await EmbeddedCluster.StartAsync(options, Token);
        using k8s.Kubernetes client = kubernetes.CreateClient();
        await release.InstallAsync(client, Token);
        int pods = release.Workers;
        await Poll.UntilAsync(async () => (await ReadyAsync(client, "my-dask-worker")) == pods);
        return kubernetes;
    }

    private static Task<HelmCluster> ConnectAsync(EmbeddedCluster kubernetes, ILoggerFactory? loggers = null) => HelmCluster.ConnectAsync(
        "my-dask", new HelmClusterOptions { KubeconfigPath = kubernetes.KubeconfigPath, SchedulerAccess = SchedulerAccess.None, LoggerFactory = loggers }, Token);

    private static async Task<int> ReadyAsync(k8s.Kubernetes client, string deployment) =>
        (await client.AppsV1.ReadNamespacedDeploymentAsync(deployment, "default", cancellationToken: Token)).Status?.ReadyReplicas ?? 0;

    private static async Task<int?> ReplicasAsync(EmbeddedCluster kubernetes, string deployment)
    {
        using k8s.Kubernetes client = kubernetes.CreateClient();
        return (await client.AppsV1.ReadNamespacedDeploymentAsync(deployment, "default", cancellationToken: Token)).Spec.Replicas;
    }

    private static async Task PatchReplicasAsync(EmbeddedCluster kubernetes, string deployment, int replicas)
    {
        using k8s.Kubernetes client = kubernetes.CreateClient();
        await client.AppsV1.PatchNamespacedDeploymentAsync(
            new V1Patch($$$"""{"spec":{"replicas":{{{replicas}}}}}""", V1Patch.PatchType.MergePatch), deployment, "default", cancellationToken: Token);
        await Poll.UntilAsync(async () => (await PodsAsync(kubernetes)).Length == replicas);
    }

    private static async Task<string[]> PodsAsync(EmbeddedCluster kubernetes)
    {
        using k8s.Kubernetes client = kubernetes.CreateClient();
        V1PodList pods = await client.CoreV1.ListNamespacedPodAsync("default", labelSelector: "component=worker", cancellationToken: Token);
        return [.. pods.Items.Where(static p => p.Metadata.DeletionTimestamp is null).Select(static p => p.Metadata.Name)];
    }
}
