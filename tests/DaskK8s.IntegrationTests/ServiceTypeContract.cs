using System.Net.Sockets;
using System.Text.Json;

using DaskK8s.IntegrationTests.Rigs;
using DaskK8s.Testing;

using k8s;
using k8s.Models;

namespace DaskK8s.IntegrationTests;

public sealed class ServiceTypeContract(TestCluster kubernetes)
{
    private const string Service = "my-dask-scheduler";

    [Fact]
    public async Task ConnectAsync_ClusterIP_Forwards()
    {
        await using TestRelease release = await TestRelease.InstallAsync(kubernetes);

        await using HelmCluster cluster = await release.ConnectAsync();

        cluster.SchedulerForward.Should().NotBeNull();
        cluster.SchedulerAddress.Should().Be($"tcp://127.0.0.1:{cluster.SchedulerForward!.LocalPort}");
        cluster.SchedulerInfo!.Workers.Should().HaveCount(5);
    }

    [Fact]
    public async Task ConnectAsync_LoadBalancerPending_ForwardsInsteadOfWaiting()
    {
        await using TestRelease release = await InstallPendingAsync();

        await using HelmCluster cluster = await release.ConnectAsync();

        cluster.SchedulerForward.Should().NotBeNull();
        cluster.SchedulerInfo!.Workers.Should().HaveCount(5);
    }

    [Fact]
    public async Task ConnectAsync_LoadBalancerPendingAndDirect_SaysWhatItWaitsFor()
    {
        await using TestRelease release = await InstallPendingAsync();

        Func<Task> connect = () => release.ConnectAsync(
            o => o with { SchedulerAccess = SchedulerAccess.Direct, ConnectTimeout = TimeSpan.FromSeconds(3) }, wait: false);

        (await connect.Should().ThrowAsync<SchedulerUnreachableException>()).WithMessage("*LoadBalancer*no address yet*");
    }

    [Fact]
    public async Task ConnectAsync_LoadBalancerThatGetsItsAddress_IsDialledDirectly()
    {
        await using TestRelease release = await InstallPendingAsync();
        string podIP;
        await using (HelmCluster forwarded = await release.ConnectAsync())
        {
            podIP = await SchedulerPodIPAsync(release);
            await SkipUnlessReachedAsync(podIP);
        }

        Task<HelmCluster> connecting = release.ConnectAsync(o => o with { SchedulerAccess = SchedulerAccess.Direct });
        V1Patch address = new($"{{\"status\":{{\"loadBalancer\":{{\"ingress\":[{{\"ip\":\"{podIP}\"}}]}}}}}}", V1Patch.PatchType.MergePatch);
        await kubernetes.Client.CoreV1.PatchNamespacedServiceStatusAsync(
            address, Service, release.Namespace, cancellationToken: TestContext.Current.CancellationToken);
        await using HelmCluster cluster = await connecting;

        cluster.SchedulerForward.Should().BeNull();
        cluster.SchedulerAddress.Should().Be($"tcp://{podIP}:8786");
        cluster.SchedulerInfo!.Workers.Should().HaveCount(5);
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
    public async Task ConnectAsync_NodePortDirect_FindsANodeThatIsReady()
    {
        await using TestRelease release = await TestRelease.InstallAsync(kubernetes, r => r with { ServiceType = "NodePort" });

        await using HelmCluster cluster = await release.ConnectAsync(o => o with { SchedulerAccess = SchedulerAccess.Direct });

        cluster.SchedulerForward.Should().BeNull();
        cluster.SchedulerInfo!.Workers.Should().HaveCount(5);
    }

    [Fact]
    public async Task ConnectAsync_NodePortLeftToAuto_Forwards()
    {
        await using TestRelease release = await TestRelease.InstallAsync(kubernetes, r => r with { ServiceType = "NodePort" });

        await using HelmCluster cluster = await release.ConnectAsync(wait: false);

        cluster.SchedulerForward.Should().NotBeNull();
    }

    /// <summary>Installs a release whose LoadBalancer nobody serves, not even where a cluster has load balancers: they leave a class that is not theirs alone.</summary>
    private async Task<TestRelease> InstallPendingAsync()
    {
        TestRelease release = await TestRelease.InstallAsync(kubernetes, r => r with { ServiceType = "LoadBalancer" });
        try
        {
            await LeaveToNobodyAsync(release.Namespace, TestContext.Current.CancellationToken);
            return release;
        }
        catch
        {
            await release.DisposeAsync();
            throw;
        }
    }

    /// <summary>Creates the Service anew with a class that no controller has: it cannot be added to a Service that exists.</summary>
    private async Task LeaveToNobodyAsync(string @namespace, CancellationToken cancellationToken)
    {
        V1Service service = await kubernetes.Client.CoreV1.ReadNamespacedServiceAsync(Service, @namespace, cancellationToken: cancellationToken);
        try
        {
            await kubernetes.Client.CoreV1.DeleteNamespacedServiceAsync(Service, @namespace, cancellationToken: cancellationToken);
        }
        catch (JsonException)
        {
            // Servers before 1.23 answer with a Status where the client expects the object: it is deleted.
        }

        V1Service anew = new()
        {
            Metadata = new V1ObjectMeta { Name = Service, Labels = service.Metadata.Labels, Annotations = service.Metadata.Annotations },
            Spec = new V1ServiceSpec { Type = "LoadBalancer", LoadBalancerClass = "daskk8s.test/nobody", Selector = service.Spec.Selector, Ports = [.. service.Spec.Ports.Select(WithoutNodePort)] },
        };
        await kubernetes.Client.CoreV1.CreateNamespacedServiceAsync(anew, @namespace, cancellationToken: cancellationToken);
    }

    private static V1ServicePort WithoutNodePort(V1ServicePort port) => new() { Name = port.Name, Port = port.Port, TargetPort = port.TargetPort };

    /// <summary>Skips where this machine has no way to pods: then no address that a test could set leads anywhere.</summary>
    private static async Task SkipUnlessReachedAsync(string podIP)
    {
        using TcpClient probe = new();
        using CancellationTokenSource limit = new(TimeSpan.FromSeconds(5));
        try
        {
            await probe.ConnectAsync(podIP, 8786, limit.Token);
        }
        catch (Exception e) when (e is SocketException or OperationCanceledException)
        {
            Assert.Skip($"This machine has no way to the pod's address {podIP}, which stands for a load balancer's.");
        }
    }

    private async Task<string> SchedulerPodIPAsync(TestRelease release)
    {
        V1PodList pods = await kubernetes.Client.CoreV1.ListNamespacedPodAsync(
            release.Namespace, labelSelector: "release=my-dask,component=scheduler", cancellationToken: TestContext.Current.CancellationToken);
        return pods.Items.Single(p => p.Metadata.DeletionTimestamp is null).Status.PodIP;
    }
}
