using DaskK8s.Tests.Rigs;

using k8s;
using k8s.Models;

namespace DaskK8s.Testing.Tests;

public sealed class ControllerTests
{
    private static readonly DaskReleaseGroup Gpus = new() { Name = "gpu", DaskResources = "GPU=1", Limits = new Dictionary<string, string> { ["nvidia.com/gpu"] = "1" } };

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Install_Pods_BelongToTheirDeploymentByUid()
    {
        await using EmbeddedCluster cluster = await EmbeddedCluster.StartAsync(cancellationToken: Token);
        using k8s.Kubernetes client = cluster.CreateClient();
        await new DaskRelease { Groups = [Gpus] }.InstallAsync(client, Token);
        IList<V1Pod> pods = await client.ReadyPodsAsync(5);

        V1ReplicaSetList sets = await client.AppsV1.ListNamespacedReplicaSetAsync("default", cancellationToken: Token);
        V1DeploymentList deployments = await client.AppsV1.ListNamespacedDeploymentAsync("default", cancellationToken: Token);

        foreach (V1Pod pod in pods)
        {
            V1OwnerReference owner = pod.Metadata.OwnerReferences.Single();
            V1ReplicaSet set = sets.Items.Single(item => item.Metadata.Uid == owner.Uid);
            owner.Controller.Should().BeTrue();
            pod.Metadata.Labels["pod-template-hash"].Should().Be(set.Metadata.Labels["pod-template-hash"]);
            deployments.Items.Should().ContainSingle(item => item.Metadata.Uid == set.Metadata.OwnerReferences.Single().Uid);
        }

        pods.Where(pod => pod.Metadata.Labels["component"] == "worker").Should().HaveCount(4, "all groups share one selector");
        V1Deployment workers = deployments.Items.Single(item => item.Metadata.Name == "my-dask-worker");
        workers.Status.ReadyReplicas.Should().Be(3);
        workers.Status.Conditions.Should().Contain(condition => condition.Type == "Available" && condition.Status == "True");
    }

    [Fact]
    public async Task ScaleDown_WithDeletionCost_TakesTheCheapestPod()
    {
        await using EmbeddedCluster cluster = await EmbeddedCluster.StartAsync(cancellationToken: Token);
        using k8s.Kubernetes client = cluster.CreateClient();
        await new DaskRelease { Workers = 5 }.InstallAsync(client, Token);
        List<string> workers = [.. (await client.ReadyPodsAsync(6)).Where(pod => pod.Metadata.Labels["component"] == "worker").Select(pod => pod.Metadata.Name)];
        foreach (string candidate in workers[1..3])
        {
            await client.CoreV1.PatchNamespacedPodAsync(
                new V1Patch("""{"metadata":{"annotations":{"controller.kubernetes.io/pod-deletion-cost":"-100"}}}""", V1Patch.PatchType.MergePatch), candidate, "default", cancellationToken: Token);
        }

        await client.ScaleAsync("my-dask-worker", 3);

        IList<V1Pod> left = await client.ReadyPodsAsync(4);
        left.Select(pod => pod.Metadata.Name).Should().Contain([workers[0], workers[3], workers[4]]);
    }

    [Fact]
    public async Task ScaleDown_NotReadyPod_GoesBeforeCheaperOne()
    {
        await using EmbeddedCluster cluster = await EmbeddedCluster.StartAsync(cancellationToken: Token);
        using k8s.Kubernetes client = cluster.CreateClient();
        await new DaskRelease { Workers = 3 }.InstallAsync(client, Token);
        List<string> workers = [.. (await client.ReadyPodsAsync(4)).Where(pod => pod.Metadata.Labels["component"] == "worker").Select(pod => pod.Metadata.Name)];
        cluster.Pods.SetReady("default", workers[0], false);
        await client.CoreV1.PatchNamespacedPodAsync(
            new V1Patch("""{"metadata":{"annotations":{"controller.kubernetes.io/pod-deletion-cost":"-100"}}}""", V1Patch.PatchType.MergePatch), workers[1], "default", cancellationToken: Token);

        await client.ScaleAsync("my-dask-worker", 2);

        (await client.ReadyPodsAsync(3)).Select(pod => pod.Metadata.Name).Should().NotContain(workers[0]).And.Contain(workers[1]);
    }

    [Fact]
    public async Task ScaleUp_WithoutEnoughGpus_SaysWhyAndGoesOnWhenThereIsRoom()
    {
        await using EmbeddedCluster cluster = await EmbeddedCluster.StartAsync(new EmbeddedClusterOptions { Gpus = 2 }, Token);
        using k8s.Kubernetes client = cluster.CreateClient();
        await new DaskRelease { Workers = 1, Groups = [Gpus] }.InstallAsync(client, Token);
        await client.ReadyPodsAsync(3);

        await client.ScaleAsync("my-dask-worker-gpu", 3);

        IList<V1Pod> pods = await client.PodsAsync(all => all.Count == 5 && all.Count(pod => pod.IsReady()) == 4 && all.Any(pod => pod.Status.Conditions?.Any(condition => condition.Reason == "Unschedulable") == true));
        V1Pod waiting = pods.Single(pod => !pod.IsReady());
        waiting.Status.Conditions.Single(condition => condition.Type == "PodScheduled").Message.Should().StartWith("0/1 nodes are available: 1 Insufficient nvidia.com/gpu.");
        Corev1EventList events = await client.CoreV1.ListNamespacedEventAsync("default", fieldSelector: $"involvedObject.name={waiting.Metadata.Name}", cancellationToken: Token);
        events.Items.Should().Contain(item => item.Reason == "FailedScheduling" && item.Type == "Warning");

        V1Pod other = pods.First(pod => pod.IsReady() && pod.Metadata.Name.Contains("-gpu-"));
        await client.ScaleAsync("my-dask-worker-gpu", 2);
        await client.ReadyPodsAsync(4);
        await client.CoreV1.PatchNodeStatusAsync(
            new V1Patch("""[{"op":"replace","path":"/status/capacity/nvidia.com~1gpu","value":"4"},{"op":"replace","path":"/status/allocatable/nvidia.com~1gpu","value":"4"}]""", V1Patch.PatchType.JsonPatch), "node1", cancellationToken: Token);
        await client.ScaleAsync("my-dask-worker-gpu", 4);
        await client.ReadyPodsAsync(6);
    }

    [Fact]
    public async Task Install_PastTheQuota_RecordsFailedCreate()
    {
        await using EmbeddedCluster cluster = await EmbeddedCluster.StartAsync(cancellationToken: Token);
        using k8s.Kubernetes client = cluster.CreateClient();
        await client.CoreV1.CreateNamespacedResourceQuotaAsync(
            new V1ResourceQuota { Metadata = new V1ObjectMeta { Name = "few" }, Spec = new V1ResourceQuotaSpec { Hard = new Dictionary<string, ResourceQuantity> { ["pods"] = new("2") } } }, "default", cancellationToken: Token);

        await new DaskRelease { Workers = 3 }.InstallAsync(client, Token);
        await client.ReadyPodsAsync(2);

        await Poll.UntilAsync(async () =>
        {
            V1Deployment workers = await client.AppsV1.ReadNamespacedDeploymentAsync("my-dask-worker", "default", cancellationToken: Token);
            return workers.Status.Conditions?.Any(condition => condition.Type == "ReplicaFailure" && condition.Message.Contains("exceeded quota: few")) == true;
        });
        Corev1EventList events = await client.CoreV1.ListNamespacedEventAsync("default", fieldSelector: "reason=FailedCreate", cancellationToken: Token);
        events.Items.Should().Contain(item => item.InvolvedObject.Kind == "ReplicaSet");
    }

    [Fact]
    public async Task TemplateChange_RollsToANewReplicaSet()
    {
        await using EmbeddedCluster cluster = await EmbeddedCluster.StartAsync(cancellationToken: Token);
        using k8s.Kubernetes client = cluster.CreateClient();
        await new DaskRelease { Workers = 4 }.InstallAsync(client, Token);
        await client.ReadyPodsAsync(5);

        await client.AppsV1.PatchNamespacedDeploymentAsync(
            new V1Patch("""{"spec":{"template":{"spec":{"containers":[{"name":"my-dask-worker","image":"daskdev/dask:next"}]}}}}""", V1Patch.PatchType.StrategicMergePatch), "my-dask-worker", "default", cancellationToken: Token);

        IList<V1Pod> pods = await client.PodsAsync(all => all.Count == 5 && all.All(pod => pod.IsReady()) && all.Count(pod => pod.Spec.Containers[0].Image == "daskdev/dask:next") == 4);
        pods.Should().HaveCount(5);
        V1ReplicaSetList sets = await client.AppsV1.ListNamespacedReplicaSetAsync("default", labelSelector: "component=worker", cancellationToken: Token);
        sets.Items.Select(set => set.Spec.Replicas).Should().BeEquivalentTo(new int?[] { 0, 4 });
        await Poll.UntilAsync(async () => (await client.AppsV1.ReadNamespacedDeploymentAsync("my-dask-worker", "default", cancellationToken: Token)).Metadata.Annotations["deployment.kubernetes.io/revision"] == "2");
    }

    [Fact]
    public async Task DeletedPod_IsReplacedAndDeletedDeploymentTakesItsPods()
    {
        await using EmbeddedCluster cluster = await EmbeddedCluster.StartAsync(cancellationToken: Token);
        using k8s.Kubernetes client = cluster.CreateClient();
        await new DaskRelease { Workers = 2 }.InstallAsync(client, Token);
        V1Pod first = (await client.ReadyPodsAsync(3)).First(pod => pod.Metadata.Labels["component"] == "worker");

        await client.CoreV1.DeleteNamespacedPodAsync(first.Metadata.Name, "default", cancellationToken: Token);
        (await client.ReadyPodsAsync(3)).Should().NotContain(pod => pod.Metadata.Uid == first.Metadata.Uid);
        await client.AppsV1.DeleteNamespacedDeploymentAsync("my-dask-worker", "default", propagationPolicy: "Foreground", cancellationToken: Token);

        await client.ReadyPodsAsync(1);
        await Poll.UntilAsync(async () => (await client.AppsV1.ListNamespacedDeploymentAsync("default", cancellationToken: Token)).Items.Count == 1);
        (await client.AppsV1.ListNamespacedReplicaSetAsync("default", cancellationToken: Token)).Items.Should().ContainSingle();
    }

    [Fact]
    public async Task Faults_OfPods_ShowAsOnARealCluster()
    {
        await using EmbeddedCluster cluster = await EmbeddedCluster.StartAsync(new EmbeddedClusterOptions { CrashBackOff = TimeSpan.FromMilliseconds(20) }, Token);
        using k8s.Kubernetes client = cluster.CreateClient();
        using IDisposable pull = cluster.Faults.AddPods(PodFault.ImagePull, new PodSelector { NamePrefix = "my-dask-worker-pull-" });
        using IDisposable crash = cluster.Faults.AddPods(PodFault.CrashLoop, new PodSelector { NamePrefix = "my-dask-worker-crash-" }, exitCode: 3);
        using IDisposable never = cluster.Faults.AddPods(PodFault.NeverReady, new PodSelector { NamePrefix = "my-dask-worker-never-" });
        using IDisposable unschedulable = cluster.Faults.AddPods(PodFault.Unschedulable, new PodSelector { NamePrefix = "my-dask-worker-homeless-" });
        await new DaskRelease { Workers = 1, Groups = [.. new[] { "pull", "crash", "never", "homeless" }.Select(name => new DaskReleaseGroup { Name = name })] }.InstallAsync(client, Token);

        V1ContainerState? State(IList<V1Pod> pods, string group) => pods.FirstOrDefault(pod => pod.Metadata.Name.Contains($"-{group}-"))?.Status.ContainerStatuses?.SingleOrDefault()?.State;
        IList<V1Pod> all = await client.PodsAsync(pods => State(pods, "pull")?.Waiting?.Reason == "ImagePullBackOff" && State(pods, "crash")?.Waiting?.Reason == "CrashLoopBackOff" && State(pods, "never")?.Running is not null && pods.Any(pod => pod.Metadata.Name.Contains("-homeless-")));

        V1Pod crashed = all.Single(pod => pod.Metadata.Name.Contains("-crash-"));
        crashed.Status.ContainerStatuses[0].LastState.Terminated.ExitCode.Should().Be(3);
        all.Single(pod => pod.Metadata.Name.Contains("-never-")).Should().Match<V1Pod>(pod => pod.Status.Phase == "Running" && pod.Status.Conditions.Any(condition => condition.Type == "Ready" && condition.Status == "False"));
        all.Single(pod => pod.Metadata.Name.Contains("-homeless-")).Status.Phase.Should().Be("Pending");

        pull.Dispose();
        crash.Dispose();
        never.Dispose();
        unschedulable.Dispose();
        IList<V1Pod> well = await client.ReadyPodsAsync(6);
        well.Single(pod => pod.Metadata.Name.Contains("-crash-")).Status.ContainerStatuses[0].RestartCount.Should().BePositive();
    }

    [Fact]
    public async Task Pods_MoreThanALoopbackNetworkHolds_AllBecomeReadyWithAddressesOfTheirOwn()
    {
        await using EmbeddedCluster cluster = await EmbeddedCluster.StartAsync(cancellationToken: Token);
        using k8s.Kubernetes client = cluster.CreateClient();

        await new DaskRelease { Workers = 270 }.InstallAsync(client, Token);

        // Listed, not watched: thousands of changes are more than a watch that lags is kept for.
        IList<V1Pod> pods = [];
        using CancellationTokenSource limit = CancellationTokenSource.CreateLinkedTokenSource(Token);
        limit.CancelAfter(TimeSpan.FromMinutes(3));
        while (pods.Count(static pod => pod.IsReady()) < 271)
        {
            pods = (await client.CoreV1.ListNamespacedPodAsync("default", cancellationToken: limit.Token)).Items;
            await Task.Delay(200, limit.Token);
        }

        pods.Select(static pod => pod.Status.PodIP).Should().OnlyHaveUniqueItems();
    }

    [Fact]
    public async Task Kill_Container_RestartsItAndKeepsThePreviousLog()
    {
        await using EmbeddedCluster cluster = await EmbeddedCluster.StartAsync(cancellationToken: Token);
        using k8s.Kubernetes client = cluster.CreateClient();
        await new DaskRelease { Workers = 1 }.InstallAsync(client, Token);
        string pod = (await client.ReadyPodsAsync(2)).First(item => item.Metadata.Labels["component"] == "worker").Metadata.Name;
        for (int i = 1; i <= 5; i++)
        {
            cluster.Pods.AppendLog("default", pod, $"line {i}");
        }

        (await LogAsync(client, pod, tail: 2)).Should().Be("line 4\nline 5\n");
        (await LogAsync(client, pod, limitBytes: 8)).Should().Be("line 1\nl");
        (await LogAsync(client, pod, timestamps: true)).Should().MatchRegex(@"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z line 1\n");
        cluster.Pods.Kill("default", pod, exitCode: 137);
        await client.PodsAsync(all => all.Any(item => item.Metadata.Name == pod && item.Status.ContainerStatuses[0].RestartCount == 1 && item.IsReady()));

        (await LogAsync(client, pod)).Should().BeEmpty();
        (await LogAsync(client, pod, previous: true)).Should().EndWith("line 5\n");
    }

    [Fact]
    public async Task Log_Follow_GivesNewLinesUntilThePodEnds()
    {
        await using EmbeddedCluster cluster = await EmbeddedCluster.StartAsync(cancellationToken: Token);
        using k8s.Kubernetes client = cluster.CreateClient();
        await new DaskRelease { Workers = 1 }.InstallAsync(client, Token);
        string pod = (await client.ReadyPodsAsync(2)).First(item => item.Metadata.Labels["component"] == "worker").Metadata.Name;
        using Stream stream = await client.CoreV1.ReadNamespacedPodLogAsync(pod, "default", follow: true, cancellationToken: Token);
        using StreamReader reader = new(stream);

        cluster.Pods.AppendLog("default", pod, "first");
        (await reader.ReadLineAsync(Token)).Should().Be("first");
        cluster.Pods.AppendLog("default", pod, "second");
        (await reader.ReadLineAsync(Token)).Should().Be("second");
        await client.ScaleAsync("my-dask-worker", 0);
        (await reader.ReadLineAsync(Token)).Should().BeNull();
    }

    private static async Task<string> LogAsync(k8s.Kubernetes client, string pod, int? tail = null, int? limitBytes = null, bool? timestamps = null, bool? previous = null)
    {
        using Stream stream = await client.CoreV1.ReadNamespacedPodLogAsync(pod, "default", tailLines: tail, limitBytes: limitBytes, timestamps: timestamps, previous: previous, cancellationToken: Token);
        using StreamReader reader = new(stream);
        return await reader.ReadToEndAsync(Token);
    }
}
