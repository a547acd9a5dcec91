using DaskK8s.Testing;

using k8s;
using k8s.Models;

namespace DaskK8s.IntegrationTests;

public sealed class ServiceTypeContract(TestCluster kubernetes)
{
    private const string Service = "my-dask-scheduler";

    [Fact]
    public async Task ConnectAsync_LoadBalancerPending_ForwardsInsteadOfWaiting()
    {
        await using TestRelease release = await TestRelease.InstallAsync(kubernetes, r => r with { ServiceType = "LoadBalancer" });

        await using HelmCluster cluster = await release.ConnectAsync();

        cluster.SchedulerForward.Should().NotBeNull();
        cluster.SchedulerInfo!.Workers.Should().HaveCount(4);
    }

    [Fact]
    public async Task ConnectAsync_LoadBalancerPendingAndDirect_SaysWhatItWaitsFor()
    {
        await using TestRelease release = await TestRelease.InstallAsync(kubernetes, r => r with { ServiceType = "LoadBalancer" });

        Func<Task> connect = () => release.ConnectAsync(
            o => o with { SchedulerAccess = SchedulerAccess.Direct, ConnectTimeout = TimeSpan.FromSeconds(3) }, wait: false);

        (await connect.Should().ThrowAsync<SchedulerUnreachableException>()).WithMessage("*LoadBalancer*no address yet*");
    }

    [Fact]
    public async Task ConnectAsync_LoadBalancerThatGetsItsAddress_IsDialledDirectly()
    {
        await using TestRelease release = await TestRelease.InstallAsync(kubernetes, r => r with { ServiceType = "LoadBalancer" });
        string podIP;
        await using (HelmCluster forwarded = await release.ConnectAsync())
        {
            podIP = await SchedulerPodIPAsync(release);
        }

        Task<HelmCluster> connecting = release.ConnectAsync(o => o with { SchedulerAccess = SchedulerAccess.Direct });
        V1Patch address = new($"{{\"status\":{{\"loadBalancer\":{{\"ingress\":[{{\"ip\":\"{podIP}\"}}]}}}}}}", V1Patch.PatchType.MergePatch);
        await kubernetes.Client.CoreV1.PatchNamespacedServiceStatusAsync(
            address, Service, release.Namespace, cancellationToken: TestContext.Current.CancellationToken);
        await using HelmCluster cluster = await connecting;

        cluster.SchedulerForward.Should().BeNull();
        cluster.SchedulerAddress.Should().Be($"tcp://{podIP}:8786");
        cluster.SchedulerInfo!.Workers.Should().HaveCount(4);
    }

    [Fact]
    public async Task ConnectAsync_NodePortWithGivenHost_DialsTheNodePort()
    {
        await using TestRelease release = await TestRelease.InstallAsync(kubernetes, r => r with { ServiceType = "NodePort" });
        V1NodeList nodes = await kubernetes.Client.CoreV1.ListNodeAsync(cancellationToken: TestContext.Current.CancellationToken);
        string host = nodes.Items[0].Status.Addresses.First(a => a.Type == "InternalIP").Address;
        V1Service service = await kubernetes.Client.CoreV1.ReadNamespacedServiceAsync(
            Service, release.Namespace, cancellationToken: TestContext.Current.CancellationToken);

        await using HelmCluster cluster = await release.ConnectAsync(o => o with { NodeHost = host });

        cluster.SchedulerForward.Should().BeNull();
        cluster.SchedulerAddress.Should().Be($"tcp://{host}:{service.Spec.Ports[0].NodePort}");
    }

    [Fact]
    public async Task ConnectAsync_NodePortLeftToAuto_Forwards()
    {
        await using TestRelease release = await TestRelease.InstallAsync(kubernetes, r => r with { ServiceType = "NodePort" });

        await using HelmCluster cluster = await release.ConnectAsync(wait: false);

        cluster.SchedulerForward.Should().NotBeNull();
    }

    private async Task<string> SchedulerPodIPAsync(TestRelease release)
    {
        V1PodList pods = await kubernetes.Client.CoreV1.ListNamespacedPodAsync(
            release.Namespace, labelSelector: "release=my-dask,component=scheduler", cancellationToken: TestContext.Current.CancellationToken);
        return pods.Items.Single(p => p.Metadata.DeletionTimestamp is null).Status.PodIP;
    }
}
