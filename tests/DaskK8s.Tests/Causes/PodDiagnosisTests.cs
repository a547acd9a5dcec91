using DaskK8s.Causes;
using DaskK8s.Tests.Rigs.Kubernetes;

using k8s.Models;

namespace DaskK8s.Tests.Causes;

public sealed class PodDiagnosisTests
{
    [Fact]
    public void Of_ReadyPod_HasNoCause() => Explain(TestPods.Ready("p", "10.0.0.1")).Should().BeNull();

    [Theory]
    [InlineData(
        "0/3 nodes are available: 1 Insufficient nvidia.com/gpu, 2 node(s) had untolerated taint {sku: gpu, x}. preemption: 0/3 nodes are available: 3 Preemption is not helpful for scheduling.",
        "none of the 3 nodes can take it: 1 node has too little nvidia.com/gpu free; 2 nodes have the taint {sku: gpu, x}, which the group does not tolerate")]
    [InlineData("0/1 nodes are available: 1 Insufficient cpu.", "the only node cannot take it: 1 node has too little cpu free")]
    [InlineData(
        "0/4 nodes are available: 1 node(s) had taint {node.kubernetes.io/not-ready: }, that the pod didn't tolerate, 3 node(s) didn't match Pod's node affinity/selector.",
        "none of the 4 nodes can take it: 1 node has the taint {node.kubernetes.io/not-ready: }, which the group does not tolerate; 3 nodes didn't match Pod's node affinity/selector")]
    [InlineData("no nodes available to schedule pods", "no node can take it: no nodes available to schedule pods")]
    [InlineData(null, "no node can take it")]
    public void Of_UnschedulablePod_SaysWhichResourceAndHowManyNodes(string? message, string expected)
    {
        V1Pod pod = TestPods.Pending("p").Condition("PodScheduled", "False", "Unschedulable", message);

        PodCause cause = Explain(pod)!;

        cause.Kind.Should().Be(PodCauseKind.Unschedulable);
        cause.Text.Should().Be(expected);
    }

    [Fact]
    public void Of_NewPod_SaysThatItIsNotScheduledYet() => Explain(TestPods.Pending("p"))!.Kind.Should().Be(PodCauseKind.NotScheduled);

    [Fact]
    public void Of_GatedPod_SaysSo() =>
        Explain(TestPods.Pending("p").Condition("PodScheduled", "False", "SchedulingGated", "Scheduling is blocked due to non-empty scheduling gates"))!
            .Text.Should().StartWith("is held back by a scheduling gate: Scheduling is blocked");

    [Theory]
    [InlineData("ErrImagePull")]
    [InlineData("ImagePullBackOff")]
    [InlineData("ErrImageNeverPull")]
    [InlineData("InvalidImageName")]
    public void Of_ImageThatCannotBePulled_NamesTheImage(string reason)
    {
        PodCause cause = Explain(TestPods.Waiting("p", reason, "no such\nimage"))!;

        cause.Kind.Should().Be(PodCauseKind.ImageNotPulled);
        cause.Text.Should().Be($"the image daskdev/dask:2024.12.1 cannot be pulled ({reason}): no such image");
    }

    [Fact]
    public void Of_CrashLoop_SaysHowItEndedAndHowOften()
    {
        PodCause cause = Explain(TestPods.Waiting("p", "CrashLoopBackOff", "back-off 5m0s", 4, new V1ContainerStateTerminated { ExitCode = 1, Reason = "Error", Message = "secret" }))!;

        cause.Kind.Should().Be(PodCauseKind.CrashLoop);
        cause.Text.Should().Be("ends again and again: exit code 1, restarted 4 times");
    }

    [Fact]
    public void Of_OomKilled_SaysTheLimit()
    {
        PodCause cause = Explain(TestPods.Waiting("p", "CrashLoopBackOff", null, 1, new V1ContainerStateTerminated { ExitCode = 137, Reason = "OOMKilled" }))!;

        cause.Kind.Should().Be(PodCauseKind.OutOfMemory);
        cause.Text.Should().Be("was killed as it used more memory than its limit of 512M, restarted once");
    }

    [Fact]
    public void Of_CrashedInitContainer_NamesIt()
    {
        V1Pod pod = TestPods.Waiting("p", "PodInitializing");
        pod.Status.InitContainerStatuses = [new V1ContainerStatus { Name = "setup", RestartCount = 2, State = new V1ContainerState { Terminated = new V1ContainerStateTerminated { ExitCode = 3 } } }];

        Explain(pod)!.Text.Should().Be("init container setup: ends again and again: exit code 3, restarted 2 times");
    }

    [Fact]
    public void Of_ContainerCreating_NamesTheLatestEvent()
    {
        Corev1Event[] events =
        [
            new() { Reason = "FailedMount", Message = "MountVolume.SetUp failed for volume \"data\"", LastTimestamp = TestPods.Now.UtcDateTime },
            new() { Reason = "Scheduled", Message = "assigned", LastTimestamp = TestPods.Now.AddSeconds(-9).UtcDateTime },
        ];
        V1Pod pod = TestPods.Waiting("p", "ContainerCreating");
        pod.Status.StartTime = TestPods.Now.AddMinutes(-3).UtcDateTime;

        PodCause cause = PodDiagnosis.Of(pod, "g", TestPods.Now, events)!;

        cause.Should().Be(new PodCause("p", "g", PodCauseKind.ContainerCreating, "its container is being created since 3 min (latest event: FailedMount: MountVolume.SetUp failed for volume \"data\")"));
    }

    [Fact]
    public void Of_MissingSecret_IsInvalidConfiguration() =>
        Explain(TestPods.Waiting("p", "CreateContainerConfigError", "secret \"x\" not found"))!.Kind.Should().Be(PodCauseKind.InvalidConfiguration);

    [Fact]
    public void Of_FailingProbe_IsNotReady()
    {
        V1Pod pod = TestPods.Ready("p", "10.0.0.1").Condition("Ready", "False", "ContainersNotReady", "containers with unready status: [w]").Condition("ContainersReady", "False");

        Explain(pod)!.Should().Be(new PodCause("p", null, PodCauseKind.NotReady, "runs, but is not ready: containers with unready status: [w]"));
    }

    [Fact]
    public void Of_PodOfADeadNode_IsNodeLost()
    {
        // The node controller sets Ready to False without a reason, and leaves ContainersReady.
        V1Pod pod = TestPods.Ready("p", "10.0.0.1").Condition("Ready", "False");

        Explain(pod)!.Should().Be(new PodCause("p", null, PodCauseKind.NodeLost, "its node node-1 does not answer"));
    }

    [Fact]
    public void Of_TerminatingPod_SaysSinceWhenAndItsGracePeriod()
    {
        V1Pod pod = TestPods.Ready("p", "10.0.0.1").Terminating(TimeSpan.FromSeconds(45));

        Explain(pod)!.Should().Be(new PodCause("p", null, PodCauseKind.Terminating, "has been terminating for 45 s, its grace period is 30 s and over"));
        PodDiagnosis.Of(pod, null, null)!.Text.Should().Be("is terminating");
    }

    [Fact]
    public void Of_TerminatingPodWithFinalizers_NamesThem()
    {
        V1Pod pod = TestPods.Ready("p", "10.0.0.1").Terminating(TimeSpan.FromSeconds(5), 600);
        pod.Metadata.Finalizers = ["example/hold"];

        Explain(pod)!.Text.Should().Be("has been terminating for 5 s, its grace period is 600 s; it waits for the finalizers example/hold");
    }

    [Fact]
    public void Of_EvictedPod_SaysWhy()
    {
        V1Pod pod = TestPods.Scheduled("p");
        pod.Status.Phase = "Failed";
        pod.Status.Reason = "Evicted";
        pod.Status.Message = "The node was low on resource: memory.";

        Explain(pod)!.Should().Be(new PodCause("p", null, PodCauseKind.Ended, "has ended (Evicted): The node was low on resource: memory."));
        PodDiagnosis.IsActive(pod).Should().BeFalse();
    }

    [Theory]
    [InlineData(
        "pods \"d-worker-x\" is forbidden: exceeded quota: compute, requested: limits.cpu=1, used: limits.cpu=4, limited: limits.cpu=4",
        PodCauseKind.QuotaExceeded, "the quota compute is used up: another pod needs limits.cpu=1; used limits.cpu=4 of limits.cpu=4")]
    [InlineData("admission webhook \"w\" denied the request: no", PodCauseKind.NotCreated, "Kubernetes cannot create its pods: admission webhook \"w\" denied the request: no")]
    public void CreationFailure_OfTheReplicaSetsMessage_SaysIt(string message, PodCauseKind kind, string text) =>
        CreationFailure.Explain(message, "g").Should().Be(new PodCause(null, "g", kind, text));

    private static PodCause? Explain(V1Pod pod) => PodDiagnosis.Of(pod, null, TestPods.Now);
}
