using System.Net;
using System.Net.Sockets;

using DaskK8s.Testing;
using DaskK8s.Tests.Rigs.Cluster;
using DaskK8s.Tests.Rigs.Dask;

using k8s;
using k8s.Models;

namespace DaskK8s.Tests.Cluster;

public sealed class ConnectTests
{
    private static CancellationToken Token => ConnectRig.Token;

    [Fact]
    public async Task ConnectAsync_Release_ReachesSchedulerAndDashboardOnLoopback()
    {
        await using ConnectRig rig = await ConnectRig.StartAsync();

        await using HelmCluster cluster = await rig.ConnectAsync();

        cluster.SchedulerAddress.Should().MatchRegex(@"^tcp://127\.0\.0\.1:\d+$");
        cluster.DashboardLink.Should().MatchRegex(@"^http://127\.0\.0\.1:\d+/status$");
        cluster.SchedulerAddress.Should().EndWith($":{cluster.SchedulerForward!.LocalPort}");
        cluster.ToString().Should().Be($"HelmCluster(my-dask.default, '{cluster.SchedulerAddress}', workers=2, threads=4, memory=8.00 GiB)");
        cluster.Limitations.Should().BeEmpty();
    }

    [Fact]
    public async Task ConnectAsync_UsualPortsTaken_TakesFreeOnes()
    {
        await using ConnectRig rig = await ConnectRig.StartAsync();
        using Socket? scheduler = TryTake(8786);
        using Socket? dashboard = TryTake(8787);

        await using HelmCluster cluster = await rig.ConnectAsync(o => o with { LocalSchedulerPort = null, LocalDashboardPort = null });

        cluster.SchedulerForward!.LocalPort.Should().NotBe(8786);
        cluster.DashboardForward!.LocalPort.Should().NotBe(8787);
        (await cluster.GetSchedulerInfoAsync(Token)).Workers.Should().HaveCount(2);
    }

    [Fact]
    public async Task ConnectAsync_AskedPortTaken_ThrowsAndLeavesNothingOpen()
    {
        await using ConnectRig rig = await ConnectRig.StartAsync();
        using Socket taken = Take(0);
        int port = ((IPEndPoint)taken.LocalEndPoint!).Port;

        Func<Task> connect = () => rig.ConnectAsync(o => o with { LocalDashboardPort = port });

        (await connect.Should().ThrowAsync<PortForwardException>()).WithMessage($"*{port}*");
        rig.Logs.Of(1000).Should().HaveSameCount(rig.Logs.Of(1001), "a forward that was opened is closed again");
    }

    [Theory]
    [InlineData("my-dask", "research", null)]
    [InlineData("analytics", null, "compute")]
    [InlineData("a-release-whose-name-is-as-long-as-helm-allows-it-now", null, null)]
    [InlineData("my.dotted.dask", null, null)]
    public async Task ConnectAsync_NamesOfEveryKind_FindsGroupsAndScales(string release, string? fullName, string? name)
    {
        DaskRelease installed = new() { Name = release, FullnameOverride = fullName, NameOverride = name, Workers = 2, Groups = [new DaskReleaseGroup { Name = "high-mem" }] };
        await using ConnectRig rig = await ConnectRig.StartAsync(installed);

        await using HelmCluster cluster = await rig.ConnectAsync();
        await cluster.ScaleAsync(3, "high-mem", Token);

        cluster.WorkerGroups.Select(g => (g.Name, g.DeploymentName)).Should().Equal(("worker", installed.WorkerName), ("high-mem", installed.GroupName("high-mem")));
        (await rig.Client.AppsV1.ReadNamespacedDeploymentAsync(installed.GroupName("high-mem"), "default", cancellationToken: Token)).Spec.Replicas.Should().Be(3);
    }

    [Fact]
    public async Task ConnectAsync_RecordOfAMegabyteCompressed_IsRead()
    {
        await using ConnectRig rig = await ConnectRig.StartAsync(new DaskRelease { Workers = 1, Padding = 1_000_000 });
        V1Secret record = await rig.Client.CoreV1.ReadNamespacedSecretAsync("sh.helm.release.v1.my-dask.v1", "default", cancellationToken: Token);

        await using HelmCluster cluster = await rig.ConnectAsync(o => o with { SchedulerAccess = SchedulerAccess.None });

        record.Data["release"].Length.Should().BeGreaterThan(1_000_000);
        cluster.Release.Values.Get<int>("worker.replicas").Should().Be(1);
        cluster.WorkerGroups.Should().ContainSingle();
    }

    [Theory]
    [InlineData("pending-install", HelmReleaseStatus.PendingInstall)]
    [InlineData("pending-upgrade", HelmReleaseStatus.PendingUpgrade)]
    [InlineData("pending-rollback", HelmReleaseStatus.PendingRollback)]
    [InlineData("failed", HelmReleaseStatus.Failed)]
    [InlineData("uninstalling", HelmReleaseStatus.Uninstalling)]
    public async Task ConnectAsync_ReleaseInAnUnusualState_WorksAndExplainsIt(string status, HelmReleaseStatus expected)
    {
        await using ConnectRig rig = await ConnectRig.StartAsync(new DaskRelease { Status = status, Workers = 1 });

        await using HelmCluster cluster = await rig.ConnectAsync();

        cluster.Release.Status.Should().Be(expected);
        cluster.Release.StatusExplanation.Should().NotBeNullOrEmpty();
        cluster.WorkerGroups.Should().ContainSingle().Which.Desired.Should().Be(1);
    }

    [Fact]
    public async Task ConnectAsync_SchedulerElsewhere_DialsTheOneThatTheWorkersUse()
    {
        await using LoopbackScheduler elsewhere = new(workers: 5);
        await using ConnectRig rig = await ConnectRig.StartAsync(new DaskRelease { SchedulerEnabled = false, CustomSchedulerUrl = elsewhere.Address });

        await using HelmCluster cluster = await rig.ConnectAsync();

        cluster.SchedulerAddress.Should().Be(elsewhere.Address);
        cluster.SchedulerForward.Should().BeNull();
        cluster.SchedulerInfo!.Workers.Should().HaveCount(5);
        cluster.DashboardLink.Should().Be("http://127.0.0.1:8787/status", "the scheduler itself says where its dashboard is");
    }

    [Fact]
    public async Task ConnectAsync_DirectWithIngress_LinksTheIngress()
    {
        await using ConnectRig rig = await ConnectRig.StartAsync(new DaskRelease { IngressHost = "dask.example.org", Jupyter = true });

        await using HelmCluster direct = await rig.ConnectAsync(o => o with { SchedulerAddress = rig.Scheduler.Address });
        await using HelmCluster forwarded = await rig.ConnectAsync();
        await using HelmCluster alone = await rig.ConnectAsync(o => o with { SchedulerAccess = SchedulerAccess.None });

        direct.DashboardLink.Should().Be("http://dask.example.org/status");
        alone.DashboardLink.Should().Be("http://dask.example.org/status");
        forwarded.DashboardLink.Should().Be($"http://127.0.0.1:{forwarded.DashboardForward!.LocalPort}/status", "it needs nobody's DNS");
        forwarded.JupyterLink.Should().Be("http://my-dask-jupyter.default.svc/");
    }

    [Fact]
    public async Task ConnectAsync_ServicePortThatLeadsNowhere_ReachesThePodAndSaysSo()
    {
        await using ConnectRig rig = await ConnectRig.StartAsync(new DaskRelease { SchedulerPort = 9786 }, port: 9786);

        await using HelmCluster cluster = await rig.ConnectAsync();

        cluster.SchedulerInfo!.Workers.Should().HaveCount(2);
        cluster.Limitations.Should().ContainSingle().Which.ToString().Should().Contain("9786").And.Contain("scheduler.extraArgs");
        rig.Logs.Of(6003).Should().ContainSingle();
    }

    [Fact]
    public async Task ConnectAsync_ServicePortWithThePodsPortPutBack_IsNoLimitation()
    {
        await using ConnectRig rig = await ConnectRig.StartAsync(new DaskRelease { SchedulerPort = 9786, SchedulerArgs = ["--port=8786"] });

        await using HelmCluster cluster = await rig.ConnectAsync();

        cluster.Limitations.Should().BeEmpty();
        cluster.SchedulerInfo!.Workers.Should().HaveCount(2);
    }

    [Fact]
    public async Task ConnectAsync_NodeAndPortGiven_AsksTheApiServerForNeitherNodesNorServices()
    {
        await using ConnectRig rig = await ConnectRig.StartAsync(new DaskRelease { ServiceType = "NodePort" });
        string kubeconfig = rig.KubeconfigFor("jupyter", FeatureCalls.Of("groups"));
        rig.Cluster.ClearRequests();

        await using HelmCluster cluster = await rig.ConnectAsync(
            o => o with { KubeconfigPath = kubeconfig, NodeHost = "127.0.0.1", NodePort = rig.Scheduler.EndPoint.Port });

        cluster.SchedulerAddress.Should().Be(rig.Scheduler.Address);
        rig.Cluster.Requests.Select(r => r.Resource).Should().NotContain(["nodes", "services", "pods/portforward"]);
    }

    [Fact]
    public async Task ConnectAsync_SchedulerStartsAndOnlyTheDirectWayIsAllowed_WaitsForIt()
    {
        string address = $"127.{Random.Shared.Next(1, 250)}.{Random.Shared.Next(1, 250)}.77";
        await using ConnectRig rig = await ConnectRig.StartAsync(
            new DaskRelease { ServiceType = "LoadBalancer", Workers = 0 }, new EmbeddedClusterOptions { LoadBalancerAddress = address });
        string kubeconfig = rig.KubeconfigFor("reader", FeatureCalls.Of("groups", "services"));
        IDisposable starting = rig.Cluster.Faults.AddPods(PodFault.NeverReady, new PodSelector { NamePrefix = "my-dask-scheduler-" });

        Task<HelmCluster> connecting = rig.ConnectAsync(o => o with { KubeconfigPath = kubeconfig });
        while (!connecting.IsCompleted && !rig.Logs.Of(6006).Any(line => line.Contains("it cannot be reached directly")))
        {
            await Task.Delay(20, Token);
        }

        starting.Dispose();
        await using HelmCluster cluster = await connecting;

        cluster.SchedulerAddress.Should().Be($"tcp://{address}:8786");
        cluster.SchedulerForward.Should().BeNull();
        cluster.SchedulerInfo!.Workers.Should().HaveCount(2);
    }

    [Fact]
    public async Task ConnectAsync_SchedulerThatSpeaksTlsAndNoCertificates_NamesTheOptionAtOnce()
    {
        await using ConnectRig rig = await ConnectRig.StartAsync(new DaskRelease { SchedulerArgs = ["--protocol", "tls", "--tls-ca-file", "/tls/ca.pem"] });

        await using HelmCluster podsOnly = await rig.ConnectAsync(o => o with { SchedulerAccess = SchedulerAccess.None });
        Func<Task> connect = () => rig.ConnectAsync();

        podsOnly.WorkerGroups.Should().NotBeEmpty();
        await connect.Should().ThrowAsync<DaskTlsException>();
    }

    [Fact]
    public async Task FromNameAsync_NameOfTheCluster_ConnectsToTheSame()
    {
        await using ConnectRig rig = await ConnectRig.StartAsync(new DaskRelease { Name = "my.dask", Namespace = "prod" });

        await using HelmCluster cluster = await HelmCluster.FromNameAsync("my.dask.prod", rig.Options(), Token);

        cluster.Name.Should().Be("my.dask.prod");
        cluster.Namespace.Should().Be("prod");
    }

    [Fact]
    public async Task ConnectAsync_SchedulerLeftAlone_TellsPodsOnly()
    {
        await using ConnectRig rig = await ConnectRig.StartAsync();

        await using HelmCluster cluster = await rig.ConnectAsync(o => o with { SchedulerAccess = SchedulerAccess.None });
        await cluster.WaitForWorkersAsync(cancellationToken: Token);

        cluster.ToString().Should().Be("HelmCluster(my-dask.default, not connected to a scheduler, pods=3)");
        Func<Task> ask = () => cluster.GetSchedulerInfoAsync(Token);
        await ask.Should().ThrowAsync<SchedulerUnreachableException>();
    }

    [Fact]
    public async Task DisposeAsync_Connected_ClosesTheForwardsAndLeavesTheRelease()
    {
        await using ConnectRig rig = await ConnectRig.StartAsync();
        HelmCluster cluster = await rig.ConnectAsync();
        int port = cluster.SchedulerForward!.LocalPort;
        rig.Cluster.ClearRequests();

        await cluster.DisposeAsync();
        await cluster.DisposeAsync();

        using TcpClient late = new();
        Func<Task> dial = async () => await late.ConnectAsync(IPAddress.Loopback, port, Token);
        await dial.Should().ThrowAsync<SocketException>();
        rig.Cluster.Requests.Should().NotContain(r => r.Verb == "delete" || r.Verb == "patch" || r.Verb == "update");
        Func<Task> after = () => cluster.ScaleAsync(1, cancellationToken: Token);
        await after.Should().ThrowAsync<ObjectDisposedException>();
        cluster.ToString().Should().StartWith("HelmCluster(my-dask.default");
    }

    [Fact]
    public async Task DisposeAsync_ClientGiven_LeavesItOpen()
    {
        await using ConnectRig rig = await ConnectRig.StartAsync();
        using k8s.Kubernetes own = rig.Cluster.CreateClient();

        await using (HelmCluster cluster = await rig.ConnectAsync(o => o with { KubeconfigPath = null, Kubernetes = own, Namespace = "default" }))
        {
            cluster.Context.Should().BeNull();
        }

        V1PodList pods = await own.CoreV1.ListNamespacedPodAsync("default", cancellationToken: Token);
        pods.Items.Should().NotBeEmpty();
    }

    private static Socket Take(int port)
    {
        Socket socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, port));
        socket.Listen();
        return socket;
    }

    /// <summary>Takes a port; whoever has it already serves the test as well.</summary>
    private static Socket? TryTake(int port)
    {
        try
        {
            return Take(port);
        }
        catch (SocketException)
        {
            return null;
        }
    }
}
