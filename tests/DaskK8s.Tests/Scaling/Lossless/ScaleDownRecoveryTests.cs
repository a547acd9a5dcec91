using DaskK8s.Dask.Tasks;
using DaskK8s.Scaling.Lossless;
using DaskK8s.Testing;
using DaskK8s.Tests.Rigs;
using DaskK8s.Tests.Rigs.Cluster;

using k8s;
using k8s.Models;

namespace DaskK8s.Tests.Scaling.Lossless;

/// <summary>Lets a lossless scale-down fail at each of its steps: what it began is undone, or the next call recovers from it.</summary>
public sealed class ScaleDownRecoveryTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("list", "pods", 1)]
    [InlineData("list", "pods", 2)]
    [InlineData("list", "deployments", 1)]
    [InlineData("patch", "pods", 1)]
    [InlineData("patch", "pods", 2)]
    [InlineData("patch", "deployments", 0)]
    public async Task ScaleAsync_FailsOnTheWay_BringsAllBackAndTheNextCallWorks(string verb, string resource, int passing)
    {
        await using DaskRig rig = await StartAsync(3);

        // The first list after that of the strays begins the watch, and a second try follows where it fails. A later list is only made where the watch brings nothing.
        bool isOfPods = (verb, resource) == ("list", "pods");
        using (isOfPods && passing > 1 ? rig.Kubernetes.Faults.StallWatches() : null)
        using (rig.Kubernetes.Faults.AddHttp(new HttpFault { Verb = verb, Resource = resource, Where = IsOfScaling, Skip = passing, Times = isOfPods && passing == 1 ? 2 : 1, Status = 403 }))
        {
            await rig.Cluster.Invoking(c => c.ScaleAsync(2, cancellationToken: Token)).Should().ThrowAsync<KubernetesForbiddenException>();
        }

        await rig.AllWorkAsync(3, Token);
        (await rig.Cluster.ScaleAsync(1, cancellationToken: Token)).After.Should().Be(1);
        (await rig.Load.CheckAsync(Token)).Should().BeEquivalentTo((0, 0, 30, "[]"));
    }

    [Fact]
    public async Task ScaleAsync_CancelledWhileTheServerStalls_EndsWithoutItsCleanup()
    {
        await using DaskRig rig = await StartAsync(3);
        await rig.KeepBusyAsync(3, 3, Token);
        using CancellationTokenSource impatient = CancellationTokenSource.CreateLinkedTokenSource(Token);
        Task<ScaleResult> scaling = rig.Cluster.ScaleAsync(1, cancellationToken: impatient.Token);
        await rig.WaitForDrainAsync(2, Token);
        IDisposable watches = rig.Kubernetes.Faults.StallWatches();
        IDisposable stall = rig.Kubernetes.Faults.AddHttp(new HttpFault { Where = IsOfScaling, StallAfter = 0 });

        await impatient.CancelAsync();

        // Without the grace this takes the 20 s of the cleanup.
        await scaling.Invoking(static s => s.WaitAsync(TimeSpan.FromSeconds(10), Token)).Should().ThrowAsync<OperationCanceledException>();
        stall.Dispose();
        watches.Dispose();
        (await rig.Cluster.ScaleAsync(1, cancellationToken: Token)).After.Should().Be(1);
        (await rig.Load.CheckAsync(Token)).Should().BeEquivalentTo((0, 0, 33, "[]"));
    }

    [Fact]
    public async Task ScaleAsync_AnswerToTheChangeIsLost_FindsThatItWasMade()
    {
        await using DaskRig rig = await StartAsync(3);
        await ShrinkToTwoAsync(rig, new HttpFault { Verb = "patch", Resource = "deployments", Times = 1, ResetAfter = 1 });
    }

    [Fact]
    public async Task ScaleAsync_CannotSeeWhoLeft_TellsSoAndUndoesNothing()
    {
        await using DaskRig rig = await StartAsync(3);

        // Without what the watch brings the first three lists are: strays, the plan, the look before the change; from then on nobody is seen.
        using IDisposable stall = rig.Kubernetes.Faults.StallWatches();
        ScaleResult result = await ShrinkToTwoAsync(rig, new HttpFault { Verb = "list", Resource = "pods", Where = IsOfScaling, Skip = 3, Status = 403 });

        result.Retired.Should().BeEmpty();
        result.NotRetired.Should().ContainSingle().Which.Reason.Should().Contain("could not be determined");
    }

    [Fact]
    public async Task ScaleAsync_SchedulerGoesAway_RefusesAndChangesNothing()
    {
        await using DaskRig rig = await StartAsync(2);
        using IDisposable fault = rig.Kubernetes.Faults.AddHttp(new HttpFault { Resource = "pods/portforward", Status = 503 });
        rig.Kubernetes.Faults.CutPortForwards();
        rig.Kubernetes.ClearRequests();

        LosslessScaleDownException refusal = (await rig.Cluster.Invoking(c => c.ScaleAsync(1, cancellationToken: Token)).Should().ThrowAsync<LosslessScaleDownException>()).Which;

        refusal.Obstacle.Should().Be(LosslessScaleDownObstacle.SchedulerUnreachable);
        rig.Kubernetes.Requests.Should().NotContain(static r => r.Verb == "patch");
        (await rig.Cluster.ScaleAsync(1, new ScaleOptions { ScaleDown = ScaleDown.Immediate }, cancellationToken: Token)).After.Should().Be(1);
    }

    [Fact]
    public async Task ScaleAsync_OneOfTheGroupsPodsGoesMeanwhile_PlansAgain()
    {
        await using DaskRig rig = await StartAsync(4);
        await rig.KeepBusyAsync(4, 3, Token);
        Task<ScaleResult> scaling = rig.Cluster.ScaleAsync(2, cancellationToken: Token);
        await rig.WaitForDrainAsync(2, Token);
        await using HelmCluster other = await rig.ConnectAsync(Token);

        await other.ScaleAsync(5, cancellationToken: Token);
        ScaleResult result = await scaling;

        result.After.Should().Be(2);
        await rig.AllWorkAsync(2, Token);
        (await rig.Load.CheckAsync(Token)).Should().BeEquivalentTo((0, 0, 34, "[]"));
    }

    [Fact]
    public async Task ScaleAsync_SeveralWorkersInAPod_RetiresThemTogether()
    {
        await using DaskRig rig = await DaskRig.StartAsync(
            new DaskRelease { Workers = 1, Groups = [new DaskReleaseGroup { Name = "pairs", Replicas = 2, ExtraArgs = ["--nworkers", "2"] }] }, Token);
        await rig.Load.SubmitAsync(40, cancellationToken: Token);
        await rig.Load.DoAsync("settle", Token);

        ScaleResult result = await rig.Cluster.ScaleAsync(1, "pairs", Token);

        result.Retired.Should().ContainSingle().Which.Addresses.Should().HaveCount(2);
        result.KeysMoved.Should().BePositive();
        await Poll.UntilAsync(async () => (await rig.StatusesAsync(Token)).Length == 3);
        await rig.AllWorkAsync(1, Token, "my-dask-worker-pairs");
        (await rig.Load.CheckAsync(Token)).Should().BeEquivalentTo((0, 0, 40, "[]"));
    }

    [Fact]
    public async Task ScaleAsync_MarksCannotBeCleared_NextCallClearsThem()
    {
        await using DaskRig rig = await StartAsync(3);
        using (rig.Kubernetes.Faults.AddHttp(new HttpFault { Verb = "patch", Resource = "deployments", Times = 1, Status = 403 }))
        using (rig.Kubernetes.Faults.AddHttp(new HttpFault { Verb = "patch", Resource = "pods", Skip = 3, Status = 403 }))
        {
            // The first three patches of pods are: the question whether they are allowed, the announcement, the cost.
            await rig.Cluster.Invoking(c => c.ScaleAsync(2, cancellationToken: Token)).Should().ThrowAsync<KubernetesForbiddenException>();
        }

        V1Pod left = (await rig.PodsAsync(Token)).Should().HaveCount(3).And.ContainSingle(static p => PodMarks.IsCondemned(p)).Which;
        await Poll.UntilAsync(async () => (await rig.StatusesAsync(Token)).All(static s => s == "running"));
        ScaleResult result = await rig.Cluster.ScaleAsync(2, cancellationToken: Token);

        result.Retired.Should().ContainSingle().Which.Pod.Should().Be(left.Metadata.Name);
        await rig.AllWorkAsync(2, Token);
        (await rig.Load.CheckAsync(Token)).Should().BeEquivalentTo((0, 0, 30, "[]"));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task ScaleAsync_DrainedWorkerCannotBeBroughtBack_ItsPodIsReplaced(bool deleteIsRefused)
    {
        // Neither the scheduler nor the workers run what a client sends, so nobody can tell a drained worker to work again.
        Dictionary<string, string> environment = new() { ["DASK_DISTRIBUTED__SCHEDULER__PICKLE"] = "False", ["DASK_DISTRIBUTED__WORKER__BLOCKED_HANDLERS"] = "['run']" };
        await using DaskRig rig = await StartAsync(new DaskRelease { Workers = 3, Environment = environment });
        string[] before = [.. (await rig.PodsAsync(Token)).Select(static p => p.Metadata.Uid)];
        using IDisposable refusal = rig.Kubernetes.Faults.AddHttp(new HttpFault { Verb = "delete", Resource = "pods", Status = 403, Times = deleteIsRefused ? null : 0 });
        using (rig.Kubernetes.Faults.AddHttp(new HttpFault { Verb = "patch", Resource = "deployments", Times = 1, Status = 403 }))
        {
            await rig.Cluster.Invoking(c => c.ScaleAsync(2, cancellationToken: Token)).Should().ThrowAsync<KubernetesForbiddenException>();
        }

        if (deleteIsRefused)
        {
            // It stays as it is, and is the first that the next call takes.
            V1Pod drained = (await rig.PodsAsync(Token)).Should().HaveCount(3).And.ContainSingle(static p => PodMarks.IsCondemned(p)).Which;
            (await rig.Cluster.ScaleAsync(2, cancellationToken: Token)).Retired.Should().ContainSingle().Which.Pod.Should().Be(drained.Metadata.Name);
            await rig.AllWorkAsync(2, Token);
        }
        else
        {
            await Poll.UntilAsync(async () => (await rig.StatusesAsync(Token)) is { Length: 3 } all && all.All(static s => s == "running"));
            await rig.AllWorkAsync(3, Token);
            (await rig.PodsAsync(Token)).Select(static p => p.Metadata.Uid).Intersect(before).Should().HaveCount(2);
        }

        (await rig.Load.CheckAsync(Token)).Should().BeEquivalentTo((0, 0, 30, "[]"));
    }

    [Fact]
    public async Task ScaleAsync_SchedulerGoesAwayWhileItDrains_WorkersComeBackAndTheNextCallWorks()
    {
        await using DaskRig rig = await StartAsync(2);
        await rig.KeepBusyAsync(4, 6, Token);
        await using HelmCluster other = await rig.ConnectAsync(Token);
        Task<ScaleResult> scaling = other.ScaleAsync(1, cancellationToken: Token);
        await rig.WaitForDrainAsync(1, Token);
        using (rig.Kubernetes.Faults.AddHttp(new HttpFault { Resource = "pods/portforward", Status = 503 }))
        {
            rig.Kubernetes.Faults.CutPortForwards();
            await scaling.Invoking(static s => s).Should().ThrowAsync<DaskK8sException>();
        }

        (await rig.ReplicasAsync(Token)).Should().Be(2);
        (await rig.Cluster.ScaleAsync(1, cancellationToken: Token)).After.Should().Be(1);
        await rig.AllWorkAsync(1, Token);
    }

    [Fact]
    public async Task ScaleAsync_DeploymentKeepsChanging_GivesUpAndBringsAllBack()
    {
        await using DaskRig rig = await StartAsync(3);
        using (rig.Kubernetes.Faults.AddHttp(new HttpFault { Verb = "patch", Resource = "deployments", Status = 409 }))
        {
            (await rig.Cluster.Invoking(c => c.ScaleAsync(2, cancellationToken: Token)).Should().ThrowAsync<LosslessScaleDownException>())
                .Which.Obstacle.Should().Be(LosslessScaleDownObstacle.NotSettled);
        }

        await rig.AllWorkAsync(3, Token);
        (await rig.Load.CheckAsync(Token)).Should().BeEquivalentTo((0, 0, 30, "[]"));
    }

    [Fact]
    public async Task ScaleAsync_KubernetesRemovesAnother_TellsSoAndBringsTheDrainedBack()
    {
        await using DaskRig rig = await DaskRig.StartAsync(new DaskRelease { Workers = 2 }, Token);
        using IDisposable slow = rig.Kubernetes.Faults.AddHttp(new HttpFault { Verb = "patch", Resource = "deployments", Times = 1, Delay = TimeSpan.FromSeconds(2) });
        rig.Kubernetes.ClearRequests();
        Task<ScaleResult> scaling = rig.Cluster.ScaleAsync(1, cancellationToken: Token);
        await Poll.UntilAsync(() => rig.Kubernetes.Requests.Any(static r => r is { Verb: "patch", Resource: "deployments" }));

        // Somebody gives the costs to the wrong pods while the number is on its way.
        IReadOnlyList<V1Pod> pods = await rig.PodsAsync(Token);
        using k8s.Kubernetes client = rig.Kubernetes.CreateClient();
        foreach (V1Pod pod in pods)
        {
            string cost = PodMarks.IsCondemned(pod) ? "100" : "-100";
            await client.CoreV1.PatchNamespacedPodAsync(
                new V1Patch($$$$"""{"metadata":{"annotations":{"{{{{PodMarks.CostAnnotation}}}}":"{{{{cost}}}}"}}}""", V1Patch.PatchType.MergePatch), pod.Metadata.Name, "default", cancellationToken: Token);
        }

        ScaleResult result = await scaling;

        result.Should().BeEquivalentTo(new { Before = 2, After = 1 });
        result.Retired.Should().BeEmpty();
        result.NotRetired.Should().ContainSingle().Which.Reason.Should().Contain("removed another pod");
        (await rig.PodsAsync(Token)).Should().ContainSingle().Which.Metadata.Name.Should().Be(pods.Single(static p => PodMarks.IsCondemned(p)).Metadata.Name);
        await rig.AllWorkAsync(1, Token);
    }

    /// <summary>Tells the scaling's own requests from those by which a forward looks for the scheduler's pod, which may come between at any time.</summary>
    private static bool IsOfScaling(EmbeddedRequest request) => !request.Query.Contains("scheduler", StringComparison.Ordinal);

    private static Task<DaskRig> StartAsync(int workers) => StartAsync(new DaskRelease { Workers = workers });

    private static Task<DaskRig> StartAsync(DaskRelease release) => DaskRig.StartWithResultsAsync(release, Token);

    /// <summary>Scales to two workers while a fault is there, which must neither fail nor lose anything.</summary>
    private static async Task<ScaleResult> ShrinkToTwoAsync(DaskRig rig, HttpFault fault)
    {
        ScaleResult result;
        using (rig.Kubernetes.Faults.AddHttp(fault))
        {
            result = await rig.Cluster.ScaleAsync(2, cancellationToken: Token);
        }

        result.After.Should().Be(2);
        await rig.AllWorkAsync(2, Token);
        (await rig.Load.CheckAsync(Token)).Should().BeEquivalentTo((0, 0, 30, "[]"));
        return result;
    }
}
