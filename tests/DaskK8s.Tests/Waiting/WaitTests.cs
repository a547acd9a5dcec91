using DaskK8s.Causes;
using DaskK8s.Dask.Tasks;
using DaskK8s.Groups;
using DaskK8s.Tests.Rigs.Kubernetes;
using DaskK8s.Waiting;

using k8s.Models;

using Microsoft.Extensions.Time.Testing;

namespace DaskK8s.Tests.Waiting;

public sealed class WaitTests
{
    private static readonly GroupPlan Plan = new("worker", true, "d-worker", null, null);

    private readonly WaitGroup group = new(Plan, []);
    private readonly FakeTimeProvider time = new(TestPods.Now);
    private readonly WaitVerdict verdict;

    public WaitTests() => verdict = new WaitVerdict(new WorkerWaitOptions(), time);

    [Fact]
    public void Look_PodsReadyAndListed_IsComplete()
    {
        WaitState state = group.Look(View(TestPods.Deployment(2), Listed(("10.0.0.1", 1), ("10.0.0.2", 1)), TestPods.Ready("a", "10.0.0.1"), TestPods.Ready("b", "10.0.0.2")));

        state.IsComplete.Should().BeTrue();
        state.Progress.Should().Be(new WorkerGroupProgress { Group = "worker", Desired = 2, Created = 2, Scheduled = 2, Ready = 2, Connected = 2, Terminating = 0, Waiting = null });
    }

    [Fact]
    public void Look_SchedulerAskedBeforeTheLastChange_IsNotComplete() =>
        group.Look(View(TestPods.Deployment(1), Listed(("10.0.0.1", 1)), TestPods.Ready("a", "10.0.0.1")) with { IsFresh = false }).IsComplete.Should().BeFalse();

    [Fact]
    public void Look_ReadyPodThatIsNotListed_WaitsForIt()
    {
        WaitState state = group.Look(View(TestPods.Deployment(2), Listed(("10.0.0.1", 1)), TestPods.Ready("a", "10.0.0.1"), TestPods.Ready("b", "10.0.0.2")));

        state.IsComplete.Should().BeFalse();
        state.IsKubernetesComplete.Should().BeTrue();
        state.NeedsScheduler.Should().BeTrue();
        state.Progress.Connected.Should().Be(1);
        state.Progress.Waiting.Should().Be("b: is ready, but the scheduler does not list its worker");
    }

    [Fact]
    public void Look_NobodyKnowsWhoseTheWorkersAre_SaysSoInsteadOfBlamingThePod()
    {
        WaitGroup doubtful = new(Plan with { Doubt = "its Deployment names the scheduler $(SCHEDULER)" }, []);

        doubtful.Look(View(TestPods.Deployment(1), Listed(), TestPods.Ready("b", "10.0.0.2"))).Progress.Waiting.Should()
            .Be("b: is ready, but the scheduler does not list its worker, which may be another scheduler's: its Deployment names the scheduler $(SCHEDULER)");
    }

    [Theory]
    [InlineData("--nworkers 2", 1, false)]
    [InlineData("--nworkers 2", 2, true)]
    [InlineData("--nprocs=3", 2, false)]
    [InlineData("--nworkers auto", 1, true)]
    [InlineData("--nworkers -1", 1, true)]
    [InlineData("--nthreads 4", 1, true)]
    public void Look_PodOfSeveralWorkers_IsConnectedWithAllOfThem(string arguments, int listed, bool complete)
    {
        V1Pod pod = TestPods.Ready("a", "10.0.0.1");
        pod.Spec.Containers[0].Args = ["dask-worker", "d-scheduler:8786", .. arguments.Split(' ')];

        group.Look(View(TestPods.Deployment(1), Listed(("10.0.0.1", listed)), pod)).IsComplete.Should().Be(complete);
    }

    [Fact]
    public void Look_PodsThatShareTheNodesAddress_ShareItsWorkers()
    {
        WaitState state = group.Look(View(TestPods.Deployment(2), Listed(("10.0.0.1", 1)), TestPods.Ready("a", "10.0.0.1"), TestPods.Ready("b", "10.0.0.1")));

        state.Progress.Connected.Should().Be(1);
    }

    [Fact]
    public void Look_AddressesOfIPv6_AreComparedByValue() =>
        group.Look(View(TestPods.Deployment(1), Listed(("[FD00:0::1]", 1)), TestPods.Ready("a", "fd00::1"))).IsComplete.Should().BeTrue();

    [Fact]
    public void Look_ScaledDownWhileTheSchedulerStillListsTheWorker_NamesIt()
    {
        V1Pod kept = TestPods.Ready("a", "10.0.0.1");
        group.Look(View(TestPods.Deployment(2), Listed(("10.0.0.1", 1), ("10.0.0.2", 1)), kept, TestPods.Ready("b", "10.0.0.2"))).IsComplete.Should().BeTrue();

        WaitState terminating = group.Look(View(TestPods.Deployment(1), Listed(("10.0.0.1", 1), ("10.0.0.2", 1)), kept, TestPods.Ready("b", "10.0.0.2").Terminating(TimeSpan.Zero)));
        WaitState listed = group.Look(View(TestPods.Deployment(1), Listed(("10.0.0.1", 1), ("10.0.0.2", 1)), kept));
        WaitState done = group.Look(View(TestPods.Deployment(1), Listed(("10.0.0.1", 1)), kept));

        terminating.Progress.Waiting.Should().Be("b: is terminating");
        terminating.Progress.Terminating.Should().Be(1);
        listed.Causes.Single().Kind.Should().Be(PodCauseKind.StillListed);
        listed.NeedsScheduler.Should().BeTrue();
        done.IsComplete.Should().BeTrue();
    }

    [Fact]
    public void Look_AddressTakenOverByAnotherGroupsPod_IsNotStillListed()
    {
        V1Pod kept = TestPods.Ready("a", "10.0.0.1");
        group.Look(View(TestPods.Deployment(2), Listed(("10.0.0.1", 1), ("10.0.0.2", 1)), kept, TestPods.Ready("b", "10.0.0.2")));
        V1Pod other = TestPods.Ready("c", "10.0.0.2", "d-worker-gpu");

        WaitView view = new(
            new Dictionary<string, V1Deployment> { ["d-worker"] = TestPods.Deployment(1) },
            new[] { ("worker", kept), ("gpu", other) }.ToLookup(static p => p.Item1, static p => p.Item2),
            new PodConnections(Listed(("10.0.0.1", 1), ("10.0.0.2", 1)), [kept, other]), true, true);

        group.Look(view).IsComplete.Should().BeTrue();
    }

    [Fact]
    public void Look_ScaledToZeroWithNothingLeft_NeedsNoScheduler()
    {
        WaitState state = group.Look(View(TestPods.Deployment(0), null));

        state.IsComplete.Should().BeTrue();
    }

    [Fact]
    public void Look_ScaledToZeroWithAnAddressKnownFromBefore_AsksTheScheduler()
    {
        WaitGroup known = new(Plan, ["10.0.0.9"]);

        known.Look(View(TestPods.Deployment(0), null)).IsComplete.Should().BeFalse();
        known.Look(View(TestPods.Deployment(0), Listed(("10.0.0.9", 1)))).IsComplete.Should().BeFalse();
        known.Look(View(TestPods.Deployment(0), Listed())).IsComplete.Should().BeTrue();
    }

    [Fact]
    public void Look_PodThatHangsOnALostNode_IsNotWaitedForOnceTheSchedulerForgotIt()
    {
        V1Pod lost = TestPods.Ready("b", "10.0.0.2").Condition("Ready", "False").Terminating(TimeSpan.FromMinutes(9));
        V1Pod kept = TestPods.Ready("a", "10.0.0.1");

        group.Look(View(TestPods.Deployment(1), Listed(("10.0.0.1", 1), ("10.0.0.2", 1)), kept, lost)).Progress.Terminating.Should().Be(1);
        group.Look(View(TestPods.Deployment(1), Listed(("10.0.0.1", 1)), kept, lost)).IsComplete.Should().BeTrue();
    }

    [Fact]
    public void Look_NoDeployment_SaysSo()
    {
        WaitView view = View(TestPods.Deployment(1, "other"), null);

        WaitState state = group.Look(view);

        state.Causes.Single().Kind.Should().Be(PodCauseKind.DeploymentMissing);
        verdict.Judge(group, state, view, null).Hopeless.Should().HaveCount(1);
    }

    [Fact]
    public void Look_RolloutInProgress_IsNotCompleteAndOldPodsAreForgiven()
    {
        V1Pod old = TestPods.Waiting("old", "InvalidImageName");
        V1Pod fresh = TestPods.Ready("new", "10.0.0.2", hash: "7777777777");
        fresh.Metadata.CreationTimestamp = TestPods.Now.AddSeconds(5).UtcDateTime;
        V1Deployment deployment = TestPods.Deployment(2, updated: 1);
        deployment.Status.Replicas = 2;
        WaitView view = View(deployment, Listed(("10.0.0.2", 1)), old, fresh);

        WaitState state = group.Look(view);

        state.IsComplete.Should().BeFalse();
        state.Causes.Select(static c => c.Kind).Should().Contain(PodCauseKind.RolloutInProgress);
        verdict.Judge(group, state, view, null).Hopeless.Should().BeEmpty();
    }

    [Fact]
    public void Look_PausedRollout_IsNotWaitedFor()
    {
        V1Deployment deployment = TestPods.Deployment(1, updated: 0);
        deployment.Spec.Paused = true;

        group.Look(View(deployment, Listed(("10.0.0.1", 1)), TestPods.Ready("a", "10.0.0.1"))).IsComplete.Should().BeTrue();
    }

    [Fact]
    public void Look_ChangeThatKubernetesHasNotSeen_IsNotComplete()
    {
        WaitState state = group.Look(View(TestPods.Deployment(1, observed: 0), Listed(("10.0.0.1", 1)), TestPods.Ready("a", "10.0.0.1")));

        state.IsComplete.Should().BeFalse();
        state.Progress.Waiting.Should().Be("Kubernetes has not processed the Deployment's change yet");
    }

    [Fact]
    public void Look_NumberThatSomebodyElseChanges_IsFollowedAndRemembered()
    {
        group.Look(View(TestPods.Deployment(3), null));
        group.Look(View(TestPods.Deployment(1), null));

        group.Look(View(TestPods.Deployment(1), Listed(("10.0.0.1", 1)), TestPods.Ready("a", "10.0.0.1"))).IsComplete.Should().BeTrue();
        group.Desired.Should().Equal(3, 1);
    }

    [Fact]
    public void Judge_InvalidImageName_IsHopelessAtOnce() => Judge(TestPods.Waiting("a", "InvalidImageName")).Should().ContainSingle();

    [Fact]
    public void Judge_FailedPull_IsHopelessTheSecondTime()
    {
        Judge(TestPods.Waiting("a", "ErrImagePull")).Should().BeEmpty();
        Judge(TestPods.Waiting("a", "ImagePullBackOff")).Should().BeEmpty();
        Judge(TestPods.Waiting("a", "ErrImagePull")).Should().ContainSingle().Which.Kind.Should().Be(PodCauseKind.ImageNotPulled);
    }

    [Fact]
    public void Judge_CrashLoop_IsHopelessAfterThreeRestarts()
    {
        V1ContainerStateTerminated ended = new() { ExitCode = 1, FinishedAt = TestPods.Now.UtcDateTime };

        Judge(TestPods.Waiting("a", "CrashLoopBackOff", null, 2, ended)).Should().BeEmpty();
        Judge(TestPods.Waiting("a", "CrashLoopBackOff", null, 3, ended)).Should().ContainSingle();
    }

    [Fact]
    public void Judge_CrashesFromBeforeTheSchedulerWasReady_SayNothing()
    {
        V1ContainerStateTerminated ended = new() { ExitCode = 1, FinishedAt = TestPods.Now.AddMinutes(-1).UtcDateTime };
        V1Pod scheduler = TestPods.Ready("s", "10.0.0.100", "d-scheduler");

        Judge([TestPods.Waiting("a", "CrashLoopBackOff", null, 9, ended)], scheduler).Should().BeEmpty();
        ended.FinishedAt = TestPods.Now.UtcDateTime;
        Judge([TestPods.Waiting("a", "CrashLoopBackOff", null, 9, ended)], scheduler).Should().ContainSingle();
    }

    [Fact]
    public void Judge_Unschedulable_IsNotHopelessUnlessALimitIsSet()
    {
        V1Pod pod = TestPods.Pending("a").Condition("PodScheduled", "False", "Unschedulable", "0/1 nodes are available: 1 Insufficient cpu.");
        WaitVerdict limited = new(new WorkerWaitOptions { UnschedulableLimit = TimeSpan.FromSeconds(20) }, time);
        WaitView view = View(TestPods.Deployment(1), null, pod);

        Judge(pod).Should().BeEmpty();
        limited.Judge(group, group.Look(view), view, null).LookAgain.Should().Be(TimeSpan.FromSeconds(20));
        time.Advance(TimeSpan.FromSeconds(20));

        Judge(pod).Should().BeEmpty();
        limited.Judge(group, group.Look(view), view, null).Hopeless.Should().ContainSingle();
    }

    [Fact]
    public void Judge_UsedUpQuota_IsHopelessWhenItLasts()
    {
        V1Deployment deployment = TestPods.Deployment(2, updated: 0);
        deployment.Status.Conditions =
        [
            new V1DeploymentCondition { Type = "ReplicaFailure", Status = "True", Message = "pods \"x\" is forbidden: exceeded quota: q, requested: pods=1, used: pods=1, limited: pods=1" },
        ];
        WaitView view = View(deployment, null, TestPods.Ready("a", "10.0.0.1"));

        verdict.Judge(group, group.Look(view), view, null).Hopeless.Should().BeEmpty();
        time.Advance(TimeSpan.FromSeconds(3));

        verdict.Judge(group, group.Look(view), view, null).Hopeless.Should().ContainSingle()
            .Which.Text.Should().Be("1 pod cannot be created: the quota q is used up: another pod needs pods=1; used pods=1 of pods=1");
    }

    [Fact]
    public void Judge_WithoutFailFast_NeverGivesUp() =>
        new WaitVerdict(new WorkerWaitOptions { FailFast = false }, time)
            .Judge(group, group.Look(View(TestPods.Deployment(1), null, TestPods.Waiting("a", "InvalidImageName"))), View(TestPods.Deployment(1), null, TestPods.Waiting("a", "InvalidImageName")), null)
            .Hopeless.Should().BeEmpty();

    private static Dictionary<string, int> Listed(params (string Address, int Workers)[] listed) => listed.ToDictionary(static l => l.Address, static l => l.Workers);

    private static WaitView View(V1Deployment deployment, Dictionary<string, int>? listed, params V1Pod[] pods) => new(
        new Dictionary<string, V1Deployment> { [deployment.Metadata.Name] = deployment },
        pods.ToLookup(static _ => "worker"),
        listed is null ? null : new PodConnections(listed, pods.Where(PodDiagnosis.IsActive)),
        listed is not null,
        true);

    private IReadOnlyList<PodCause> Judge(V1Pod pod) => Judge([pod], null);

    private IReadOnlyList<PodCause> Judge(V1Pod[] pods, V1Pod? scheduler)
    {
        WaitView view = View(TestPods.Deployment(pods.Length), null, pods);
        return verdict.Judge(group, group.Look(view), view, scheduler).Hopeless;
    }
}
