using DaskK8s.Dask.Tasks;
using DaskK8s.Helm.Chart;
using DaskK8s.Scaling.Lossless;
using DaskK8s.Testing;
using DaskK8s.Tests.Rigs;
using DaskK8s.Tests.Rigs.Cluster;
using DaskK8s.Tests.Rigs.Kubernetes;

using k8s;
using k8s.Models;

namespace DaskK8s.Tests.Scaling.Lossless;

/// <summary>Shrinks groups of real Dask workers that hold results and run tasks.</summary>
public sealed class LosslessScaleDownTests
{
    private static readonly DaskReleaseGroup Gpu = new() { Name = "gpu", Replicas = 1, DaskResources = "GPU=1" };

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task ScaleAsync_WorkersHoldResults_MovesThemAndRemovesExactlyTheDrained()
    {
        await using DaskRig rig = await DaskRig.StartAsync(new DaskRelease { Workers = 4 }, Token);
        await rig.Load.SubmitAsync(40, cancellationToken: Token);
        await rig.Load.DoAsync("settle", Token);
        IReadOnlyList<V1Pod> before = await rig.PodsAsync(Token);

        ScaleResult result = await rig.Cluster.ScaleAsync(2, cancellationToken: Token);

        result.Should().BeEquivalentTo(new { Before = 4, After = 2, Requested = 2, Ownership = FieldOwnership.GivenBack });
        result.Retired.Should().HaveCount(2).And.OnlyContain(static r => r.Addresses.Count == 1);
        result.NotRetired.Should().BeEmpty();
        result.KeysMoved.Should().BePositive();
        IReadOnlyList<V1Pod> after = await rig.PodsAsync(Token);
        after.Select(static p => p.Metadata.Name).Should().BeEquivalentTo(before.Select(static p => p.Metadata.Name).Except(result.Retired.Select(static r => r.Pod)));
        after.Should().OnlyContain(static p => PodMarks.Read(p) == null && !PodMarks.IsCondemned(p));
        (await rig.Load.CheckAsync(Token)).Should().BeEquivalentTo((0, 0, 40, "[]"));
    }

    [Fact]
    public async Task ScaleAsync_TasksRunAndWait_RunsNoneTwice()
    {
        await using DaskRig rig = await DaskRig.StartAsync(new DaskRelease { Workers = 3 }, Token);
        await rig.Load.SubmitAsync(12, seconds: 1.5, cancellationToken: Token);
        await Poll.UntilAsync(async () => (await rig.Cluster.GetSchedulerInfoAsync(Token)).Workers.Sum(static w => w.Tasks.Executing) == 3);

        ScaleResult result = await rig.Cluster.ScaleAsync(1, cancellationToken: Token);

        result.After.Should().Be(1);
        (await rig.Load.CheckAsync(Token)).Should().BeEquivalentTo((0, 0, 12, "[]"));
    }

    [Fact]
    public async Task ScaleAsync_ToZero_MovesResultsToTheOtherGroup()
    {
        // Nothing has to be chosen when all leave: this works on servers of any version.
        await using DaskRig rig = await DaskRig.StartAsync(new DaskRelease { Workers = 2, Groups = [Gpu] }, Token, new EmbeddedClusterOptions { KubernetesVersion = "v1.20.2" });
        await rig.Load.SubmitAsync(20, cancellationToken: Token);
        await rig.Load.DoAsync("settle", Token);

        (await rig.Cluster.ScaleAsync(0, cancellationToken: Token)).After.Should().Be(0);

        (await rig.Load.CheckAsync(Token)).Should().BeEquivalentTo((0, 0, 20, "[]"));

        // Nobody is left who could take what the last worker holds.
        LosslessScaleDownException refusal = (await rig.Cluster.Invoking(c => c.ScaleAsync(0, "gpu", Token)).Should().ThrowAsync<LosslessScaleDownException>()).Which;
        refusal.Obstacle.Should().Be(LosslessScaleDownObstacle.NoOtherWorker);
        (await rig.StatusesAsync(Token)).Should().Equal("running");
        (await rig.Load.CheckAsync(Token)).Should().BeEquivalentTo((0, 0, 20, "[]"));
    }

    [Fact]
    public async Task ScaleAsync_OldServer_RefusesBeforeAnythingIsChanged()
    {
        await using DaskRig rig = await DaskRig.StartAsync(new DaskRelease { Workers = 3 }, Token, new EmbeddedClusterOptions { KubernetesVersion = "v1.21.14" });
        rig.Kubernetes.ClearRequests();

        LosslessScaleDownException refusal = (await rig.Cluster.Invoking(c => c.ScaleAsync(2, cancellationToken: Token)).Should().ThrowAsync<LosslessScaleDownException>()).Which;

        refusal.Obstacle.Should().Be(LosslessScaleDownObstacle.ServerTooOld);
        refusal.Message.Should().Contain("v1.21.14").And.Contain("Immediate");
        rig.Kubernetes.Requests.Should().NotContain(static r => r.Verb == "patch");
        (await rig.StatusesAsync(Token)).Should().OnlyContain(static s => s == "running");
    }

    [Fact]
    public async Task ScaleAsync_PodsMayNotBePatched_RefusesBeforeAnythingIsChanged()
    {
        await using DaskRig rig = await DaskRig.StartAsync(new DaskRelease { Workers = 2 }, Token);
        using IDisposable fault = rig.Kubernetes.Faults.AddHttp(new HttpFault { Verb = "patch", Resource = "pods", Status = 403 });

        LosslessScaleDownException refusal = (await rig.Cluster.Invoking(c => c.ScaleAsync(1, cancellationToken: Token)).Should().ThrowAsync<LosslessScaleDownException>()).Which;

        refusal.Obstacle.Should().Be(LosslessScaleDownObstacle.PodsMayNotBePatched);
        refusal.Message.Should().Contain("verbs [\"patch\"]");
        (await rig.ReplicasAsync(Token)).Should().Be(2);
        (await rig.StatusesAsync(Token)).Should().OnlyContain(static s => s == "running");
    }

    [Fact]
    public async Task ScaleAsync_TaskOutlastsTheLimit_KeepsThatWorkerAndSaysSo()
    {
        await using DaskRig rig = await DaskRig.StartAsync(new DaskRelease { Workers = 2 }, Token);
        await rig.KeepBusyAsync(2, 12, Token);

        ScaleResult result = await rig.Cluster.ScaleAsync(1, new ScaleOptions { DrainTimeout = TimeSpan.FromSeconds(3) }, cancellationToken: Token);

        result.Should().BeEquivalentTo(new { Before = 2, After = 2, Requested = 1 });
        result.NotRetired.Should().NotBeEmpty().And.OnlyContain(static n => n.Reason.Contains("still running"));
        await Poll.UntilAsync(async () => (await rig.StatusesAsync(Token)).All(static s => s == "running"));
        (await rig.PodsAsync(Token)).Should().HaveCount(2).And.OnlyContain(static p => PodMarks.Read(p) == null && !PodMarks.IsCondemned(p));
        (await rig.Load.CheckAsync(Token)).Should().BeEquivalentTo((0, 0, 2, "[]"));
    }

    [Fact]
    public async Task ScaleAsync_TwoClientsAtOnce_EndsInOneOfTheNumbers()
    {
        await using DaskRig rig = await DaskRig.StartAsync(new DaskRelease { Workers = 5 }, Token);
        await using HelmCluster other = await rig.ConnectAsync(Token);
        await rig.Load.SubmitAsync(50, cancellationToken: Token);
        await rig.Load.DoAsync("settle", Token);

        await Task.WhenAll(rig.Cluster.ScaleAsync(2, cancellationToken: Token), other.ScaleAsync(3, cancellationToken: Token));

        int? replicas = await rig.ReplicasAsync(Token);
        replicas.Should().BeOneOf(2, 3);
        (await rig.PodsAsync(Token)).Should().HaveCount(replicas!.Value).And.OnlyContain(static p => PodMarks.Read(p) == null && !PodMarks.IsCondemned(p));
        await Poll.UntilAsync(async () => (await rig.StatusesAsync(Token)).All(static s => s == "running"));
        (await rig.Load.CheckAsync(Token)).Should().BeEquivalentTo((0, 0, 50, "[]"));
    }

    [Fact]
    public async Task ScaleAsync_AfterAClientThatDied_PardonsItsCandidatesOrTakesThemFirst()
    {
        await using DaskRig rig = await DaskRig.StartAsync(new DaskRelease { Workers = 3 }, Token);
        await rig.Load.SubmitAsync(30, cancellationToken: Token);
        await rig.Load.DoAsync("settle", Token);

        // What a client leaves that died between condemning and patching: two condemned pods, their workers back at work.
        IReadOnlyList<V1Pod> pods = await rig.PodsAsync(Token);
        using k8s.Kubernetes client = rig.Kubernetes.CreateClient();
        foreach (V1Pod pod in pods.Take(2))
        {
            await TestMarks.CondemnAsync(client, pod, DateTimeOffset.UtcNow.AddMinutes(5), 7, Token);
        }

        ScaleResult result = await rig.Cluster.ScaleAsync(2, cancellationToken: Token);

        result.Retired.Should().ContainSingle().Which.Pod.Should().BeOneOf([.. pods.Take(2).Select(static p => p.Metadata.Name)]);
        IReadOnlyList<V1Pod> after = await rig.PodsAsync(Token);
        after.Should().HaveCount(2).And.OnlyContain(static p => PodMarks.Read(p) == null && !PodMarks.IsCondemned(p));
        after.Should().ContainSingle(static p => p.Metadata.Annotations != null && p.Metadata.Annotations.ContainsKey(PodMarks.CostAnnotation), "one of the two stayed, with the cost that it had")
            .Which.Metadata.Annotations[PodMarks.CostAnnotation].Should().Be("7");
        (await rig.Load.CheckAsync(Token)).Should().BeEquivalentTo((0, 0, 30, "[]"));
    }

    [Fact]
    public async Task ScaleAsync_Cancelled_BringsAllBack()
    {
        await using DaskRig rig = await DaskRig.StartAsync(new DaskRelease { Workers = 2 }, Token);
        await rig.KeepBusyAsync(2, 5, Token);
        using CancellationTokenSource impatient = CancellationTokenSource.CreateLinkedTokenSource(Token);
        Task<ScaleResult> scaling = rig.Cluster.ScaleAsync(1, cancellationToken: impatient.Token);
        await rig.WaitForDrainAsync(1, Token);

        await impatient.CancelAsync();

        await scaling.Invoking(static s => s).Should().ThrowAsync<OperationCanceledException>();
        await rig.AllWorkAsync(2, Token);
        (await rig.Load.CheckAsync(Token)).Should().BeEquivalentTo((0, 0, 2, "[]"));
    }

    [Fact]
    public async Task ScaleAsync_SchedulerRunsNoFunctions_StillLosesNothing()
    {
        DaskRelease release = new() { Workers = 3, Environment = new Dictionary<string, string> { ["DASK_DISTRIBUTED__SCHEDULER__PICKLE"] = "False" } };
        await using DaskRig rig = await DaskRig.StartAsync(release, Token);
        await rig.Load.SubmitAsync(30, cancellationToken: Token);
        await rig.Load.DoAsync("settle", Token);
        await rig.Load.SubmitAsync(6, seconds: 1, cancellationToken: Token);

        ScaleResult result = await rig.Cluster.ScaleAsync(2, cancellationToken: Token);

        result.Retired.Should().ContainSingle();
        (await rig.Load.CheckAsync(Token)).Should().BeEquivalentTo((0, 0, 36, "[]"));
    }
}
