using DaskK8s.Scaling.Lossless;
using DaskK8s.Tests.Rigs.Kubernetes;

using k8s.Models;

namespace DaskK8s.Tests.Scaling.Lossless;

/// <summary>Tells what is known of a pod's workers: only a listed worker, or a process that does not run, is no reason to keep the pod.</summary>
public sealed class CandidateStandingTests
{
    private static readonly DateTimeOffset Later = TestPods.Now + TimeSpan.FromMinutes(5);

    [Fact]
    public void StandingAt_ReadyAndNotListed_IsUnknownOnceItHadTimeToConnect()
    {
        ScaleDownCandidate candidate = new(TestPods.Ready("a", "10.0.0.1"), []);

        candidate.StandingAt(TestPods.Now + TimeSpan.FromSeconds(5)).Should().Be(CandidateStanding.Starting);
        candidate.StandingAt(Later).Should().Be(CandidateStanding.Unknown);
        candidate.IsPending.Should().BeFalse();
    }

    [Fact]
    public void StandingAt_Listed_IsKnown() => new ScaleDownCandidate(TestPods.Ready("a", "10.0.0.1"), [Load("10.0.0.1")]).StandingAt(Later).Should().Be(CandidateStanding.Known);

    [Fact]
    public void StandingAt_FewerListedThanThePodStarts_IsUnknown()
    {
        V1Pod pod = TestPods.Ready("a", "10.0.0.1");
        pod.Spec.Containers[0].Args.Add("--nworkers=2");

        new ScaleDownCandidate(pod, [Load("10.0.0.1")]).StandingAt(Later).Should().Be(CandidateStanding.Unknown);
        new ScaleDownCandidate(pod, [Load("10.0.0.1"), Load("10.0.0.1", 2)]).StandingAt(Later).Should().Be(CandidateStanding.Known);
    }

    [Fact]
    public void StandingAt_PendingBecauseOfASidecarWhileTheWorkerRuns_IsNotTakenForOneThatNeverRan()
    {
        V1Pod pod = TestPods.Ready("a", "10.0.0.1");
        pod.Status.Phase = "Pending";
        pod.Spec.Containers.Insert(0, new V1Container { Name = "mesh", Image = "mesh:1" });
        pod.Status.ContainerStatuses.Insert(0, new V1ContainerStatus { Name = "mesh", State = new V1ContainerState { Waiting = new V1ContainerStateWaiting { Reason = "ImagePullBackOff" } } });

        ScaleDownCandidate candidate = new(pod, []);

        candidate.IsPending.Should().BeFalse();
        candidate.StandingAt(Later).Should().Be(CandidateStanding.Unknown);
    }

    [Fact]
    public void StandingAt_NoProcessRuns_IsEmpty()
    {
        V1Pod crashing = TestPods.Waiting("b", "CrashLoopBackOff", restarts: 4, last: new V1ContainerStateTerminated { ExitCode = 1 });
        crashing.Status.Phase = "Running";

        new ScaleDownCandidate(TestPods.Pending("a"), []).StandingAt(Later).Should().Be(CandidateStanding.Empty);
        new ScaleDownCandidate(TestPods.Scheduled("a"), []).StandingAt(Later).Should().Be(CandidateStanding.Empty);
        new ScaleDownCandidate(crashing, []).StandingAt(Later).Should().Be(CandidateStanding.Empty);
    }

    [Fact]
    public void Rank_PodsOfHostNetworkingShareAnAddress_NoneIsKnownByTheWorkerOfOne()
    {
        V1Pod[] pods = [TestPods.Ready("a", "10.0.0.1"), TestPods.Ready("b", "10.0.0.1")];

        CandidateRanking.Rank(pods, [Load("10.0.0.1")]).Should().OnlyContain(static v => v.Workers.Count == 0);
        CandidateRanking.Rank(pods, [Load("10.0.0.1"), Load("10.0.0.1", 2)]).Should().OnlyContain(static v => v.Workers.Count == 2);
    }

    [Fact]
    public void Rank_WorkerAtThePodsSecondAddress_IsThePods()
    {
        V1Pod pod = TestPods.Ready("a", "10.0.0.1");
        pod.Status.PodIPs = [new V1PodIP { Ip = "10.0.0.1" }, new V1PodIP { Ip = "fd00:0::1" }];

        CandidateRanking.Rank([pod], [Load("fd00::1")]).Should().ContainSingle().Which.Workers.Should().ContainSingle();
    }

    [Fact]
    public void Rank_OneIsUnknown_ComesAfterThoseThatAreKnown()
    {
        V1Pod[] pods = [TestPods.Ready("unknown", "10.0.0.1"), TestPods.Ready("busy", "10.0.0.2")];

        CandidateRanking.Rank(pods, [Load("10.0.0.2") with { Processing = 9 }], now: Later).Select(static v => v.Name).Should().Equal("busy", "unknown");
    }

    private static WorkerLoad Load(string host, int number = 1) => new($"tcp://{host}:{number}", host, "running", 0, 0, 0, false, false);
}
