using DaskK8s.Groups;
using DaskK8s.Scaling.Lossless;
using DaskK8s.Testing;
using DaskK8s.Tests.Rigs;
using DaskK8s.Tests.Rigs.Cluster;

using k8s;
using k8s.Models;

namespace DaskK8s.Tests.Scaling.Lossless;

/// <summary>Shrinks groups while a rollout replaces their pods: who leaves is then not for deletion costs alone to decide.</summary>
public sealed class RolloutScaleDownTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task ScaleAsync_RolloutInProgress_RefusesAtOnceAndStillGoesToZero()
    {
        await using DaskRig rig = await StartAsync(2);
        await rig.Load.SubmitAsync(20, cancellationToken: Token);
        await rig.Load.DoAsync("settle", Token);
        using IDisposable rollout = await BeginRolloutAsync(rig);
        rig.Kubernetes.ClearRequests();

        LosslessScaleDownException refusal = (await rig.Cluster.Invoking(c => c.ScaleAsync(1, cancellationToken: Token)).Should().ThrowAsync<LosslessScaleDownException>()).Which;

        refusal.Obstacle.Should().Be(LosslessScaleDownObstacle.RolloutInProgress);
        rig.Kubernetes.Requests.Should().NotContain(static r => r.Verb == "patch");
        (await rig.StatusesAsync(Token)).Should().OnlyContain(static s => s == "running");

        // Where all leave there is nothing to decide: old pods and new ones hand over to the other group.
        (await rig.Cluster.ScaleAsync(0, cancellationToken: Token)).After.Should().Be(0);
        (await rig.Load.CheckAsync(Token)).Should().BeEquivalentTo((0, 0, 20, "[]"));
    }

    [Fact]
    public async Task ScaleAsync_RolloutBeginsWhileItDrains_RefusesAndBringsAllBack()
    {
        await using DaskRig rig = await StartAsync(2);
        await rig.KeepBusyAsync(3, 5, Token);
        Task<ScaleResult> scaling = rig.Cluster.ScaleAsync(1, cancellationToken: Token);
        await rig.WaitForDrainAsync(1, Token);

        using IDisposable rollout = await BeginRolloutAsync(rig);

        (await scaling.Invoking(static s => s).Should().ThrowAsync<LosslessScaleDownException>()).Which.Obstacle.Should().Be(LosslessScaleDownObstacle.RolloutInProgress);
        (await rig.ReplicasAsync(Token)).Should().Be(2);
        await Poll.UntilAsync(async () => (await rig.StatusesAsync(Token)).All(static s => s == "running"));
        (await rig.PodsAsync(Token)).Should().OnlyContain(static p => PodMarks.Read(p) == null && !PodMarks.IsCondemned(p));
        (await rig.Load.CheckAsync(Token)).Should().BeEquivalentTo((0, 0, 3, "[]"));
    }

    [Theory]
    [InlineData(false, 0, true)]
    [InlineData(true, 0, false)]
    [InlineData(false, 3, false)]
    public void From_NoPodOfTheNewTemplateYet_IsRollingOutUnlessPaused(bool isPaused, int updated, bool expected)
    {
        V1Deployment deployment = new()
        {
            Metadata = new V1ObjectMeta { Name = "workers", Uid = "d", Generation = 2 },
            Spec = new V1DeploymentSpec { Replicas = 3, Paused = isPaused },
            Status = new V1DeploymentStatus { ObservedGeneration = 2, Replicas = 3, UpdatedReplicas = updated },
        };

        GroupView view = GroupView.From(new WorkloadSnapshot([deployment], [], []), "workers")!;

        view.IsRollingOut.Should().Be(expected);
        view.IsSettled.Should().BeTrue();
    }

    private static Task<DaskRig> StartAsync(int workers) =>
        DaskRig.StartAsync(new DaskRelease { Workers = workers, Groups = [new DaskReleaseGroup { Name = "other", Replicas = 1 }] }, Token);

    /// <summary>Changes the template of the default group; its first new pod finds no node, so the rollout goes no further.</summary>
    private static async Task<IDisposable> BeginRolloutAsync(DaskRig rig)
    {
        IDisposable fault = rig.Kubernetes.Faults.AddPods(PodFault.Unschedulable);
        using k8s.Kubernetes client = rig.Kubernetes.CreateClient();
        await client.AppsV1.PatchNamespacedDeploymentAsync(
            new V1Patch("""{"spec":{"template":{"metadata":{"annotations":{"changed":"yes"}}}}}""", V1Patch.PatchType.MergePatch), "my-dask-worker", "default", cancellationToken: Token);
        await Poll.UntilAsync(async () => (await rig.PodsAsync(Token)).Count == 3);
        return fault;
    }
}
