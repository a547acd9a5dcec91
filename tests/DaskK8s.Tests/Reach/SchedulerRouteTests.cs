using DaskK8s.Kubernetes;
using DaskK8s.Reach;
using DaskK8s.Testing;
using DaskK8s.Tests.Rigs.Cluster;

using k8s;
using k8s.Models;

using Microsoft.Extensions.Logging.Abstractions;

namespace DaskK8s.Tests.Reach;

public sealed class SchedulerRouteTests
{
    private const int PublicWithoutTls = 6005;

    private static CancellationToken Token => ConnectRig.Token;

    [Theory]
    [InlineData("127.0.0.1", false)]
    [InlineData("10.1.2.3", false)]
    [InlineData("172.16.0.1", false)]
    [InlineData("172.32.0.1", true)]
    [InlineData("192.168.1.1", false)]
    [InlineData("169.254.0.1", false)]
    [InlineData("100.64.0.1", false)]
    [InlineData("100.128.0.1", true)]
    [InlineData("203.0.113.5", true)]
    [InlineData("::1", false)]
    [InlineData("fd00::1", false)]
    [InlineData("fe80::1", false)]
    [InlineData("2001:db8::1", true)]
    [InlineData("::ffff:10.0.0.1", false)]
    [InlineData("localhost", false)]
    [InlineData("scheduler", false)]
    [InlineData("my-dask-scheduler.default.svc", false)]
    [InlineData("dask.cluster.local", false)]
    [InlineData("dask.example.org", true)]
    public void IsPublic_Host_TellsWhoCanReachIt(string host, bool expected) => SchedulerLocator.IsPublic(host).Should().Be(expected);

    [Theory]
    [InlineData("203.0.113.5", null, "tcp://203.0.113.5:8786")]
    [InlineData(null, "lb.example.org", "tcp://lb.example.org:8786")]
    [InlineData("2001:db8::1", null, "tcp://[2001:db8::1]:8786")]
    public async Task LocateAsync_BalancerWithAPublicAddress_TakesItAndWarns(string? ip, string? hostname, string expected)
    {
        await using ConnectRig rig = await ConnectRig.StartAsync(new DaskRelease { ServiceType = "LoadBalancer" });
        await GiveAddressAsync(rig, ip, hostname);

        SchedulerRoute route = await LocateAsync(rig);

        route.Address.Should().Be(expected);
        route.MayFallBackToForward.Should().BeTrue();
        rig.Logs.Of(PublicWithoutTls).Should().ContainSingle().Which.Should().Contain(expected);
    }

    [Fact]
    public async Task LocateAsync_BalancerWithTls_DoesNotWarn()
    {
        await using ConnectRig rig = await ConnectRig.StartAsync(new DaskRelease { ServiceType = "LoadBalancer" });
        await GiveAddressAsync(rig, "203.0.113.5", null);

        SchedulerRoute route = await LocateAsync(rig, o => o with { Tls = new DaskTlsOptions() });

        route.Address.Should().Be("tls://203.0.113.5:8786");
        rig.Logs.Of(PublicWithoutTls).Should().BeEmpty();
    }

    [Fact]
    public async Task LocateAsync_BalancerWithAPrivateAddress_DoesNotWarn()
    {
        await using ConnectRig rig = await ConnectRig.StartAsync(new DaskRelease { ServiceType = "LoadBalancer" });
        await GiveAddressAsync(rig, "10.1.2.3", null);

        (await LocateAsync(rig)).Address.Should().Be("tcp://10.1.2.3:8786");

        rig.Logs.Of(PublicWithoutTls).Should().BeEmpty();
    }

    [Theory]
    [InlineData("ClusterIP")]
    [InlineData("NodePort")]
    [InlineData("LoadBalancer")]
    public async Task LocateAsync_InAPod_TakesTheServiceByNameWithoutAskingAnybody(string type)
    {
        await using ConnectRig rig = await ConnectRig.StartAsync(new DaskRelease { ServiceType = type });
        rig.Cluster.ClearRequests();

        SchedulerRoute route = await LocateAsync(rig, isInCluster: true, type: type);

        route.Address.Should().Be("tcp://my-dask-scheduler.default.svc:8786");
        route.DashboardLink.Should().Be("http://my-dask-scheduler.default.svc/status");
        route.MayFallBackToForward.Should().BeTrue();
        rig.Cluster.Requests.Should().BeEmpty();
    }

    [Fact]
    public async Task LocateAsync_NodePortDirectWithoutAHost_TakesAReadyNode()
    {
        await using ConnectRig rig = await ConnectRig.StartAsync(new DaskRelease { ServiceType = "NodePort" });
        V1Service service = await rig.Client.CoreV1.ReadNamespacedServiceAsync("my-dask-scheduler", "default", cancellationToken: Token);
        V1NodeList nodes = await rig.Client.CoreV1.ListNodeAsync(cancellationToken: Token);

        SchedulerRoute route = await LocateAsync(rig, o => o with { SchedulerAccess = SchedulerAccess.Direct }, type: "NodePort");

        route.Address.Should().Be($"tcp://{nodes.Items[0].Status.Addresses.First(a => a.Type == "InternalIP").Address}:{service.Spec.Ports[0].NodePort}");
    }

    [Fact]
    public async Task LocateAsync_NodeHostWhereTheTypeIsNotKnown_LooksAtTheService()
    {
        await using ConnectRig rig = await ConnectRig.StartAsync(new DaskRelease { ServiceType = "NodePort" });
        V1Service service = await rig.Client.CoreV1.ReadNamespacedServiceAsync("my-dask-scheduler", "default", cancellationToken: Token);

        SchedulerRoute route = await LocateAsync(rig, o => o with { NodeHost = "node.example.org" }, type: null);

        route.Address.Should().Be($"tcp://node.example.org:{service.Spec.Ports[0].NodePort}");
    }

    [Fact]
    public async Task LocateAsync_AutoWithoutTheRightToReadServices_Forwards()
    {
        await using ConnectRig rig = await ConnectRig.StartAsync(new DaskRelease { ServiceType = "LoadBalancer" });
        string kubeconfig = rig.KubeconfigFor("reader", FeatureCalls.Of("groups"));

        (await LocateAsync(rig, o => o with { KubeconfigPath = kubeconfig })).Kind.Should().Be(SchedulerRouteKind.Forward);
    }

    private static async Task<SchedulerRoute> LocateAsync(
        ConnectRig rig, Func<HelmClusterOptions, HelmClusterOptions>? change = null, bool isInCluster = false, string? type = "LoadBalancer")
    {
        HelmClusterOptions options = rig.Options(change);
        using KubeConnection connection = new(EmbeddedCluster.CreateClient(options.KubeconfigPath!), "default", null);
        KubeRequests requests = new(connection, options.Retry, options.RequestTimeout, options.TimeProvider, NullLogger.Instance);
        SchedulerPlan plan = new(true, "my-dask-scheduler", type, 8786, 80, "release=my-dask,component=scheduler", null, null);
        return await new SchedulerLocator(requests, options.Reach, isInCluster, rig.Logs.CreateLogger("test")).LocateAsync(plan, Token);
    }

    private static Task GiveAddressAsync(ConnectRig rig, string? ip, string? hostname)
    {
        V1LoadBalancerStatus status = new() { Ingress = [new V1LoadBalancerIngress { Ip = ip, Hostname = hostname }] };
        string patch = KubernetesJson.Serialize(new { status = new { loadBalancer = status } });
        return rig.Client.CoreV1.PatchNamespacedServiceStatusAsync(
            new V1Patch(patch, V1Patch.PatchType.MergePatch), "my-dask-scheduler", "default", cancellationToken: Token);
    }
}
