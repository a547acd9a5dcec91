using DaskK8s.Causes;
using DaskK8s.Groups;
using DaskK8s.Testing;
using DaskK8s.Tests.Rigs;
using DaskK8s.Tests.Rigs.Cluster;
using DaskK8s.Tests.Rigs.Kubernetes;

using k8s.Models;

namespace DaskK8s.Tests.Groups;

/// <summary>Puts containers of webhooks into the pods, in front, behind and as init containers: Dask's own is found wherever it stands.</summary>
public sealed class InjectedContainerTests
{
    private static CancellationToken Token => ConnectRig.Token;

    [Theory]
    [InlineData(DaskContainerPlace.First)]
    [InlineData(DaskContainerPlace.Last)]
    [InlineData(DaskContainerPlace.Init)]
    [InlineData(DaskContainerPlace.NativeSidecar)]
    public async Task GetLogsAsync_PodsWithOtherContainers_GivesDasksLog(DaskContainerPlace place)
    {
        await using ConnectRig rig = await ConnectRig.StartAsync(new DaskRelease { Workers = 1, InjectedContainers = [new DaskInjectedContainer("mesh", place)] });
        await using HelmCluster cluster = await rig.ConnectAsync();
        await Poll.UntilAsync(async () => (await cluster.GetWorkerGroupsAsync(Token)).Single().Ready == 1);
        rig.Cluster.ClearRequests();

        await cluster.GetLogsAsync(null, Token);

        string[] asked = [.. rig.Cluster.Requests.Where(static r => r.Resource == "pods/log").Select(static r => r.Query)];
        asked.Should().HaveCount(2).And.OnlyContain(static q => q.Contains("container=my-dask-"));
        cluster.WorkerGroups.Single().Limits.Should().ContainKey("memory");
    }

    [Fact]
    public void NameOf_ContainersOfAPod_ChoosesTheTemplatesThenDasksThenTheAnnotated()
    {
        V1Pod pod = TestPods.Ready("a", "10.0.0.1");
        pod.Spec.Containers.Insert(0, new V1Container { Name = "mesh", Image = "mesh" });
        pod.Metadata.Annotations = new Dictionary<string, string> { ["kubectl.kubernetes.io/default-container"] = "mesh" };

        DaskContainer.NameOf(pod).Should().Be("w", "it runs Dask");
        DaskContainer.NameOf(pod, "mesh").Should().Be("mesh", "the template says so");
        pod.Spec.Containers[1].Args = ["start.sh"];
        DaskContainer.NameOf(pod).Should().Be("mesh", "the annotation says so");
        DaskContainer.NameOf(pod, "gone").Should().Be("mesh");
    }

    [Fact]
    public void Of_SidecarAndWorkerBothFail_TellsOfTheWorker()
    {
        V1Pod pod = TestPods.Waiting("a", "CrashLoopBackOff", restarts: 3, last: new V1ContainerStateTerminated { ExitCode = 2 });
        pod.Spec.Containers.Insert(0, new V1Container { Name = "mesh", Image = "mesh" });
        pod.Status.ContainerStatuses.Insert(0, new V1ContainerStatus { Name = "mesh", State = new V1ContainerState { Waiting = new V1ContainerStateWaiting { Reason = "ContainerCreating" } } });

        PodDiagnosis.Of(pod, null, null).Should().BeEquivalentTo(new { Kind = PodCauseKind.CrashLoop });
    }
}
