using System.Net;
using System.Net.Sockets;

using DaskK8s.Kubernetes;
using DaskK8s.Kubernetes.Config;
using DaskK8s.PortForwarding;
using DaskK8s.PortForwarding.Tunnels;
using DaskK8s.Testing;
using DaskK8s.Tests.Rigs.PortForwarding;

using k8s;
using k8s.Models;

using Microsoft.Extensions.Logging.Abstractions;

namespace DaskK8s.Tests.PortForwarding;

/// <summary>Proves the healing of a forward on the embedded Kubernetes: TLS, a real watch, Deployments that replace their pods.</summary>
public sealed class EmbeddedForwardTests
{
    public static TheoryData<PortForwardTransports> Transports =>
        [PortForwardTransports.SpdyOverWebSocket, PortForwardTransports.Spdy, PortForwardTransports.WebSocket];

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [MemberData(nameof(Transports))]
    public async Task Connect_PodDeletedTwentyTimesDuringTransfers_WorksAgainWithinTwoSeconds(PortForwardTransports transport)
    {
        await using Rig rig = await Rig.StartAsync(transport);
        await using (await rig.OpenAsync())
        {
        }

        await Task.Delay(1500, Token);
        for (int round = 0; round < 20; round++)
        {
            await using NetworkStream transfer = await rig.OpenAsync();
            Task<long> drained = DrainAsync(transfer);
            string old = await rig.ReadyPodAsync();
            await rig.Client.CoreV1.DeleteNamespacedPodAsync(old, "default", gracePeriodSeconds: 0, cancellationToken: Token);
            while (await rig.ReadyPodAsync() is var now && (now.Length == 0 || now == old))
            {
                await Task.Delay(10, Token);
            }

            long ready = TimeProvider.System.GetTimestamp();
            await using NetworkStream next = await OpenAgainAsync(rig, ready);
            TimeProvider.System.GetElapsedTime(ready).Should().BeLessThan(TimeSpan.FromSeconds(2));
            await drained.WaitAsync(TimeSpan.FromSeconds(10), Token);
        }
    }

    [Theory]
    [MemberData(nameof(Transports))]
    public async Task Connect_ApiServerRestarted_RecoversOnTheSameLocalPort(PortForwardTransports transport)
    {
        await using Rig rig = await Rig.StartAsync(transport);
        for (int round = 0; round < 3; round++)
        {
            await using NetworkStream transfer = await rig.OpenAsync();
            Task<long> drained = DrainAsync(transfer);
            await rig.Cluster.Faults.StopServerAsync();
            await drained.WaitAsync(TimeSpan.FromSeconds(10), Token);
            Task<NetworkStream> waiting = rig.OpenAsync();
            await Task.Delay(200, Token);
            await rig.Cluster.Faults.StartServerAsync(Token);

            await using NetworkStream next = await waiting.WaitAsync(TimeSpan.FromSeconds(10), Token);
            rig.Forward.State.Should().Be(PortForwardState.Connected);
        }
    }

    [Theory]
    [MemberData(nameof(Transports))]
    public async Task Connect_CutInMidFrame_ResetsAndTheNextWorks(PortForwardTransports transport)
    {
        await using Rig rig = await Rig.StartAsync(transport);
        for (int round = 0; round < 5; round++)
        {
            await using NetworkStream transfer = await rig.OpenAsync();
            Task<long> drained = DrainAsync(transfer);
            await Task.Delay(30, Token);
            rig.Cluster.Faults.CutPortForwards(midFrame: true).Should().BePositive();

            (await drained.WaitAsync(TimeSpan.FromSeconds(10), Token)).Should().BeNegative("a cut transfer ends in a reset");
        }

        await using NetworkStream next = await rig.OpenAsync();
    }

    [Fact]
    public async Task Connect_WatchStallsSilently_NewPodIsFoundAllTheSame()
    {
        await using Rig rig = await Rig.StartAsync(PortForwardTransports.All);
        await using (await rig.OpenAsync())
        {
        }

        await Task.Delay(1500, Token);
        using IDisposable stall = rig.Cluster.Faults.StallWatches();
        string old = await rig.ReadyPodAsync();
        await rig.Client.CoreV1.DeleteNamespacedPodAsync(old, "default", gracePeriodSeconds: 0, cancellationToken: Token);

        for (int attempt = 0; ; attempt++)
        {
            try
            {
                await using NetworkStream next = await rig.OpenAsync();
                break;
            }
            catch (IOException) when (attempt < 20)
            {
                await Task.Delay(100, Token);
            }
        }
    }

    [Fact]
    public async Task OpenAsync_NotAllowed_NamesTheMissingRule()
    {
        await using Rig rig = await Rig.StartAsync(PortForwardTransports.All);
        rig.Cluster.Allow("viewer", "default", ["get", "list", "watch"], "pods");
        using KubeConnection connection = await KubeConnectionFactory.OpenAsync(
            new KubeConfigOptions { KubeconfigPath = rig.Cluster.CreateKubeconfigFor("viewer") }, Token);
        await using PodTunnel tunnel = new(connection, new ReadyPods(connection, Rig.Selector), TunnelOptions.Default, NullLogger.Instance);

        Func<Task> open = async () => await tunnel.OpenAsync(8786, Token);

        (await open.Should().ThrowAsync<KubernetesForbiddenException>()).Which.Call.Should().BeEquivalentTo(
            new { Verb = "create", Resource = "pods/portforward", Namespace = "default" });
    }

    /// <summary>Reads to the end.</summary>
    /// <returns>How many bytes came; negative when the connection was reset.</returns>
    private static async Task<long> DrainAsync(NetworkStream stream)
    {
        byte[] room = new byte[65536];
        long received = 0;
        try
        {
            int count;
            while ((count = await stream.ReadAsync(room, Token)) > 0)
            {
                received += count;
            }

            return received;
        }
        catch (IOException)
        {
            return -1;
        }
    }

    /// <summary>Opens a connection; one that meets the old pod's session in its last moment is reset, as nobody knows what the pod had read of it.</summary>
    private static async Task<NetworkStream> OpenAgainAsync(Rig rig, long since)
    {
        while (true)
        {
            try
            {
                return await rig.OpenAsync();
            }
            catch (Exception e) when (e is IOException or SocketException && TimeProvider.System.GetElapsedTime(since) < TimeSpan.FromSeconds(2))
            {
                await Task.Delay(10, Token);
            }
        }
    }

    private sealed class Rig : IAsyncDisposable
    {
        public const string Selector = "release=my-dask,component=scheduler";

        private readonly PodServer pod;
        private readonly KubeConnection connection;
        private readonly PodTunnel tunnel;

        private Rig(EmbeddedCluster cluster, PodServer pod, KubeConnection connection, PodTunnel tunnel)
        {
            Cluster = cluster;
            this.pod = pod;
            this.connection = connection;
            this.tunnel = tunnel;
            Client = cluster.CreateClient();
            Forward = PortForward.Start(tunnel, 8786, null, 0, NullLogger.Instance);
        }

        public EmbeddedCluster Cluster { get; }

        public k8s.Kubernetes Client { get; }

        public PortForward Forward { get; }

        public static async Task<Rig> StartAsync(PortForwardTransports transports)
        {
            // Says one byte, then sends for as long as somebody takes it.
            PodServer pod = new(async socket =>
            {
                byte[] buffer = new byte[8192];
                while (true)
                {
                    await socket.SendAsync(buffer);
                    await Task.Delay(1);
                }
            });
            EmbeddedCluster cluster = await EmbeddedCluster.StartAsync(
                new EmbeddedClusterOptions { PortForward = transports, PortTarget = _ => new IPEndPoint(IPAddress.Loopback, pod.Port) }, Token);
            using (k8s.Kubernetes client = cluster.CreateClient())
            {
                await new DaskRelease { Workers = 0 }.InstallAsync(client, Token);
            }

            KubeConnection connection = await KubeConnectionFactory.OpenAsync(new KubeConfigOptions { KubeconfigPath = cluster.KubeconfigPath }, Token);
            PodTunnel tunnel = new(connection, new ReadyPods(connection, Selector), TunnelOptions.Default, NullLogger.Instance);
            return new Rig(cluster, pod, connection, tunnel);
        }

        /// <summary>Opens a connection up to its first byte.</summary>
        public async Task<NetworkStream> OpenAsync()
        {
            Socket socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
            await socket.ConnectAsync(Forward.LocalAddress, Forward.LocalPort, Token);
            NetworkStream stream = new(socket, ownsSocket: true);
            await stream.ReadExactlyAsync(new byte[1], Token);
            return stream;
        }

        public async Task<string> ReadyPodAsync()
        {
            V1PodList pods = await Client.CoreV1.ListNamespacedPodAsync("default", labelSelector: Selector, cancellationToken: Token);
            return pods.Items.FirstOrDefault(ReadyPods.IsReady)?.Metadata.Name ?? "";
        }

        public async ValueTask DisposeAsync()
        {
            await Forward.DisposeAsync();
            await tunnel.DisposeAsync();
            connection.Dispose();
            Client.Dispose();
            await Cluster.DisposeAsync();
            await pod.DisposeAsync();
        }
    }
}
