using DaskK8s.Testing;
using DaskK8s.Workers;

namespace DaskK8s.Tests.Workers;

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
        using (rig.Kubernetes.Faults.AddHttp(new HttpFault { Verb = verb, Resource = resource, Skip = passing, Times = 1, Status = 403 }))
        {
            await rig.Cluster.Invoking(c => c.ScaleAsync(2, cancellationToken: Token)).Should().ThrowAsync<KubernetesForbiddenException>();
        }

        await AllWorkAsync(rig, 3);
        (await rig.Cluster.ScaleAsync(1, cancellationToken: Token)).After.Should().Be(1);
        (await rig.Load.CheckAsync(Token)).Should().BeEquivalentTo((0, 0, 30, "[]"));
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

        // The first three lists are: strays, the plan, the look before the change; from then on nobody is seen.
        ScaleResult result = await ShrinkToTwoAsync(rig, new HttpFault { Verb = "list", Resource = "pods", Skip = 3, Status = 403 });

        result.Retired.Should().BeEmpty();
        result.NotRetired.Should().ContainSingle().Which.Reason.Should().Contain("could not be seen");
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
        await rig.Load.SubmitAsync(4, seconds: 3, cancellationToken: Token);
        await DaskRig.WaitForAsync(async () => (await rig.Cluster.GetSchedulerInfoAsync(Token)).Workers.All(static w => w.Tasks.Executing == 1), Token);
        Task<ScaleResult> scaling = rig.Cluster.ScaleAsync(2, cancellationToken: Token);
        await DaskRig.WaitForAsync(async () => (await rig.StatusesAsync(Token)).Count(static s => s == "closing_gracefully") == 2, Token);
        await using HelmCluster other = await rig.ConnectAsync(Token);

        await other.ScaleAsync(5, cancellationToken: Token);
        ScaleResult result = await scaling;

        result.After.Should().Be(2);
        await AllWorkAsync(rig, 2);
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
        await DaskRig.WaitForAsync(async () => (await rig.StatusesAsync(Token)).Length == 3, Token);
        await AllWorkAsync(rig, 1, "my-dask-worker-pairs");
        (await rig.Load.CheckAsync(Token)).Should().BeEquivalentTo((0, 0, 40, "[]"));
    }

    private static async Task<DaskRig> StartAsync(int workers)
    {
        DaskRig rig = await DaskRig.StartAsync(new DaskRelease { Workers = workers }, Token);
        await rig.Load.SubmitAsync(30, cancellationToken: Token);
        await rig.Load.DoAsync("settle", Token);
        return rig;
    }

    /// <summary>Scales to two workers while a fault is there, which must neither fail nor lose anything.</summary>
    private static async Task<ScaleResult> ShrinkToTwoAsync(DaskRig rig, HttpFault fault)
    {
        ScaleResult result;
        using (rig.Kubernetes.Faults.AddHttp(fault))
        {
            result = await rig.Cluster.ScaleAsync(2, cancellationToken: Token);
        }

        result.After.Should().Be(2);
        await AllWorkAsync(rig, 2);
        (await rig.Load.CheckAsync(Token)).Should().BeEquivalentTo((0, 0, 30, "[]"));
        return result;
    }

    /// <summary>Waits until each worker works; makes sure that so many pods are left and that none is marked.</summary>
    private static async Task AllWorkAsync(DaskRig rig, int pods, string deployment = "my-dask-worker")
    {
        await DaskRig.WaitForAsync(async () => (await rig.StatusesAsync(Token)).All(static s => s == "running"), Token);
        (await rig.PodsAsync(Token, deployment)).Should().HaveCount(pods).And.OnlyContain(static p => PodMarks.Read(p) == null && !PodMarks.IsCondemned(p));
    }
}
