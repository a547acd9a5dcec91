using DaskK8s.Dask.Tasks;
using DaskK8s.Testing;
using DaskK8s.Tests.Rigs;
using DaskK8s.Tests.Rigs.Cluster;

using k8s;

namespace DaskK8s.Tests.Scaling.Lossless;

/// <summary>Lets workers of a release belong to another scheduler than the one that the cluster object talks to: none of them is idle because it is unknown.</summary>
public sealed class OtherSchedulerTests
{
    private const string Elsewhere = "tcp://other-dask-scheduler:8786";

    private static readonly DaskRelease Other = new() { Name = "other", Workers = 1 };

    private static readonly DaskRelease Mixed = new()
    {
        Workers = 2,
        Groups = [new DaskReleaseGroup { Name = "big", Replicas = 2, CustomSchedulerUrl = Elsewhere }],
    };

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task ScaleAsync_GroupOfAnotherScheduler_RefusesBeforeAnythingIsChangedAndLosesNothing()
    {
        await using EmbeddedCluster kubernetes = await StartAsync(Mixed);
        await using HelmCluster cluster = await ConnectAsync(kubernetes, "my-dask");
        await using HelmCluster other = await ConnectAsync(kubernetes, "other");
        await WaitForWorkersAsync(other, 3);
        await using DaskLoad load = await DaskLoad.StartAsync(other.SchedulerAddress!, Token);
        await load.SubmitAsync(40, cancellationToken: Token);
        await load.DoAsync("settle", Token);
        kubernetes.ClearRequests();

        LosslessScaleDownException refusal = (await cluster.Invoking(c => c.ScaleAsync(1, "big", Token)).Should().ThrowAsync<LosslessScaleDownException>()).Which;

        refusal.Obstacle.Should().Be(LosslessScaleDownObstacle.OtherScheduler);
        refusal.Message.Should().Contain(Elsewhere).And.Contain("big");
        kubernetes.Requests.Should().NotContain(static r => r.Verb == "patch");
        (await cluster.ScaleAsync(1, cancellationToken: Token)).After.Should().Be(1, "the release's own group is none of the other scheduler's");
        (await load.CheckAsync(Token)).Should().BeEquivalentTo((0, 0, 40, "[]"));
    }

    [Fact]
    public async Task RestoreDeclaredAsync_OneGroupIsAnotherSchedulers_RestoresTheOthersAndRefusesThatOne()
    {
        await using EmbeddedCluster kubernetes = await StartAsync(Mixed);
        await using HelmCluster cluster = await ConnectAsync(kubernetes, "my-dask");
        await using HelmCluster other = await ConnectAsync(kubernetes, "other");
        await cluster.ScaleAsync(3, "big", Token);
        await cluster.ScaleAsync(3, cancellationToken: Token);
        await WaitForWorkersAsync(other, 4);
        await WaitForWorkersAsync(cluster, 3);

        LosslessScaleDownException refusal = (await cluster.Invoking(static c => c.RestoreDeclaredAsync(cancellationToken: Token)).Should().ThrowAsync<LosslessScaleDownException>()).Which;

        (refusal.WorkerGroup, refusal.Obstacle).Should().Be(("big", LosslessScaleDownObstacle.OtherScheduler));
        (await cluster.GetWorkerGroupsAsync(Token)).Select(static g => (g.Name, g.Desired)).Should().Equal(("worker", 2), ("big", 3));
    }

    [Fact]
    public async Task WaitForWorkersAsync_GroupOfAnotherScheduler_WaitsForItsReadyPods()
    {
        await using EmbeddedCluster kubernetes = await StartAsync(Mixed);
        await using HelmCluster cluster = await ConnectAsync(kubernetes, "my-dask");

        await cluster.WaitForWorkersAsync(TimeSpan.FromMinutes(2), cancellationToken: Token);

        (await cluster.GetWorkerGroupsAsync(Token)).Select(static g => g.Ready).Should().Equal(2, 2);
        (await cluster.GetSchedulerInfoAsync(Token)).Workers.Should().HaveCount(2).And.OnlyContain(static w => w.Group == "worker");
    }

    [Fact]
    public async Task AdaptAsync_GroupOfAnotherScheduler_IsNotManagedAndSaysSo()
    {
        await using EmbeddedCluster kubernetes = await StartAsync(Mixed);
        await using HelmCluster cluster = await ConnectAsync(kubernetes, "my-dask");
        await cluster.WaitForWorkersAsync(TimeSpan.FromMinutes(2), cancellationToken: Token);
        AdaptiveOptions options = new()
        {
            Groups = new Dictionary<string, AdaptiveRange> { ["big"] = new(0, 5) },
            Interval = TimeSpan.FromMilliseconds(200),
            WaitCount = 1,
            UseLease = false,
        };

        await using AdaptiveScaling adaptive = await cluster.AdaptAsync(options, Token);
        await Poll.UntilAsync(() => adaptive.Decisions.Count > 0);

        adaptive.Decisions.Should().OnlyContain(static d => d.Action == AdaptiveAction.Hold && d.Reason.Contains(Elsewhere));
        (await cluster.GetWorkerGroupsAsync(Token))[1].Desired.Should().Be(2);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(0)]
    public async Task ScaleAsync_ConnectedToASchedulerByHand_RefusesForWorkersThatItDoesNotList(int replicas)
    {
        // The Deployments name the release's own scheduler; the address that was given is another one's.
        await using EmbeddedCluster kubernetes = await StartAsync(new DaskRelease { Workers = 2 });
        await using HelmCluster other = await ConnectAsync(kubernetes, "other");
        await using HelmCluster own = await ConnectAsync(kubernetes, "my-dask");
        await own.WaitForWorkersAsync(TimeSpan.FromMinutes(2), cancellationToken: Token);
        await using DaskLoad load = await DaskLoad.StartAsync(own.SchedulerAddress!, Token);
        await load.SubmitAsync(20, cancellationToken: Token);
        await load.DoAsync("settle", Token);
        await using HelmCluster byHand = await HelmCluster.ConnectAsync(
            "my-dask", new HelmClusterOptions { KubeconfigPath = kubernetes.KubeconfigPath, SchedulerAddress = other.SchedulerAddress }, Token);

        LosslessScaleDownException refusal = (await byHand.Invoking(c => c.ScaleAsync(replicas, cancellationToken: Token)).Should().ThrowAsync<LosslessScaleDownException>()).Which;

        refusal.Obstacle.Should().Be(LosslessScaleDownObstacle.WorkersUnknown);
        (await byHand.GetWorkerGroupsAsync(Token))[0].Desired.Should().Be(2);
        (await load.CheckAsync(Token)).Should().BeEquivalentTo((0, 0, 20, "[]"));
    }

    [Fact]
    public async Task ScaleAsync_RoundsBesideAGroupOfAnotherScheduler_LoseNothingOnEither()
    {
        await using EmbeddedCluster kubernetes = await StartAsync(Mixed);
        await using HelmCluster cluster = await ConnectAsync(kubernetes, "my-dask");
        await using HelmCluster other = await ConnectAsync(kubernetes, "other");
        await WaitForWorkersAsync(other, 3);
        await WaitForWorkersAsync(cluster, 2);
        await using DaskLoad theirs = await DaskLoad.StartAsync(other.SchedulerAddress!, Token);
        await using DaskLoad ours = await DaskLoad.StartAsync(cluster.SchedulerAddress!, Token);
        await theirs.SubmitAsync(40, cancellationToken: Token);
        await ours.SubmitAsync(40, cancellationToken: Token);
        await theirs.DoAsync("settle", Token);
        await ours.DoAsync("settle", Token);

        for (int round = 0; round < 4; round++)
        {
            await cluster.ScaleAsync(3, cancellationToken: Token);
            await WaitForWorkersAsync(cluster, 3);
            (await cluster.ScaleAsync(1 + (round % 2), cancellationToken: Token)).NotRetired.Should().BeEmpty();
            await cluster.Invoking(c => c.ScaleAsync(round % 2, "big", Token)).Should().ThrowAsync<LosslessScaleDownException>();
        }

        (await theirs.CheckAsync(Token)).Should().BeEquivalentTo((0, 0, 40, "[]"));
        (await ours.CheckAsync(Token)).Should().BeEquivalentTo((0, 0, 40, "[]"));
    }

    [Fact]
    public async Task ScaleAsync_TwoInstancesInOneRelease_NothingOfOneTouchesTheOther()
    {
        DaskRelease twice = new() { Name = "platform", Subchart = ["dask-cpu"], Workers = 2, Instances = [new DaskRelease { Subchart = ["dask-gpu"], Workers = 2 }] };
        await using EmbeddedCluster kubernetes = await StartAsync(twice);
        await using HelmCluster cpu = await ConnectAsync(kubernetes, "platform", "dask-cpu");
        await using HelmCluster gpu = await ConnectAsync(kubernetes, "platform", "dask-gpu");
        await cpu.WaitForWorkersAsync(TimeSpan.FromMinutes(2), cancellationToken: Token);
        await gpu.WaitForWorkersAsync(TimeSpan.FromMinutes(2), cancellationToken: Token);
        await using DaskLoad load = await DaskLoad.StartAsync(gpu.SchedulerAddress!, Token);
        await load.SubmitAsync(40, cancellationToken: Token);
        await load.DoAsync("settle", Token);

        (await cpu.ScaleAsync(1, cancellationToken: Token)).After.Should().Be(1);
        (await cpu.ScaleAsync(0, cancellationToken: Token)).After.Should().Be(0);
        await cpu.WaitForWorkersAsync(TimeSpan.FromMinutes(2), cancellationToken: Token);
        (await gpu.ScaleAsync(1, cancellationToken: Token)).Retired.Should().ContainSingle();

        (await load.CheckAsync(Token)).Should().BeEquivalentTo((0, 0, 40, "[]"));
        (await gpu.GetSchedulerInfoAsync(Token)).Workers.Should().ContainSingle().Which.Group.Should().Be("worker");
    }

    private static async Task<EmbeddedCluster> StartAsync(DaskRelease release)
    {
        EmbeddedCluster kubernetes = await EmbeddedCluster.StartAsync(new EmbeddedClusterOptions { DaskProcesses = true }, Token);
        using k8s.Kubernetes client = kubernetes.CreateClient();
        await Other.InstallAsync(client, Token);
        await release.InstallAsync(client, Token);
        return kubernetes;
    }

    private static Task<HelmCluster> ConnectAsync(EmbeddedCluster kubernetes, string release, string? instance = null) => HelmCluster.ConnectAsync(
        release, new HelmClusterOptions { Instance = instance, KubeconfigPath = kubernetes.KubeconfigPath, LocalSchedulerPort = 0, LocalDashboardPort = 0 }, Token);

    private static Task WaitForWorkersAsync(HelmCluster cluster, int workers) =>
        Poll.UntilAsync(async () => (await cluster.GetSchedulerInfoAsync(Token)).Workers.Count == workers, 120);
}
