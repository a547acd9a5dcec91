using System.Net;
using System.Net.Sockets;

using DaskK8s.Kubernetes;
using DaskK8s.Kubernetes.Config;
using DaskK8s.PortForwarding;
using DaskK8s.PortForwarding.Tunnels;
using DaskK8s.Testing;
using DaskK8s.Tests.Rigs;
using DaskK8s.Tests.Rigs.PortForwarding;

using k8s;

using Microsoft.Extensions.Logging.Abstractions;

namespace DaskK8s.Tests.PortForwarding;

/// <summary>
/// Proves that what a pod never reads holds up nobody else. The embedded server hands frames to five workers as the real one does:
/// a worker with data for a connection that was refused or closed waits for good.
/// </summary>
public sealed class StuckWorkerTests
{
    private const int Good = 8786;
    private const int Refusing = 9999;
    private const int Closing = 7000;
    private const int Deaf = 7001;

    private static readonly TimeSpan HangLimit = TimeSpan.FromSeconds(20);

    public static TheoryData<PortForwardTransports> Transports => [PortForwardTransports.SpdyOverWebSocket, PortForwardTransports.Spdy];

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [MemberData(nameof(Transports))]
    public async Task Connect_AmongRefusedClosedAndResetOnes_IsAlwaysServed(PortForwardTransports transport)
    {
        await using Rig rig = await Rig.StartAsync(transport);
        await using PortForward good = rig.Forward(Good);
        await using PortForward refusing = rig.Forward(Refusing);
        await using PortForward closing = rig.Forward(Closing);
        await using PortForward deaf = rig.Forward(Deaf);
        Random random = new(5);
        int[] rounds = [.. Enumerable.Range(0, 240).Select(_ => random.Next(3))];

        await Parallel.ForEachAsync(rounds, new ParallelOptions { MaxDegreeOfParallelism = 6, CancellationToken = Token }, async (kind, _) =>
        {
            await LeaveUnreadAsync(kind == 0 ? refusing : kind == 1 ? closing : deaf);
            await EchoAsync(good).WaitAsync(HangLimit, Token);
        });

        good.FailedConnections.Should().Be(0);
        await Poll.UntilAsync(() => good.OpenConnections + refusing.OpenConnections + closing.OpenConnections + deaf.OpenConnections == 0);

        // The server keeps what is stuck until its session ends, so those were left; only sound ones are kept for later.
        rig.Hearing.SetResult();
        await Poll.UntilAsync(() => rig.OpenInPods == 0);
    }

    [Theory]
    [MemberData(nameof(Transports))]
    public async Task OpenAsync_OwnCallsAmongRefusedOnes_AreAlwaysServed(PortForwardTransports transport)
    {
        await using Rig rig = await Rig.StartAsync(transport);
        for (int round = 0; round < 60; round++)
        {
            await using (TunnelStream refused = await rig.Tunnel.OpenAsync(Refusing, Token))
            {
                await refused.WriteAsync(new byte[100_000], Token);
                Func<Task> read = async () => await refused.ReadAsync(new byte[1], Token);
                await read.Should().ThrowAsync<PortForwardException>();
            }

            await using TunnelStream own = await rig.Tunnel.OpenAsync(Good, Token);
            await own.WriteAsync(new byte[1], Token);
            int count = await own.ReadAsync(new byte[1], Token).AsTask().WaitAsync(HangLimit, Token);
            count.Should().Be(1);
        }
    }

    /// <summary>Sends what nobody reads, then resets.</summary>
    private static async Task LeaveUnreadAsync(PortForward forward)
    {
        using Socket client = await ConnectAsync(forward);
        client.LingerState = new LingerOption(true, 0);
        using CancellationTokenSource limit = CancellationTokenSource.CreateLinkedTokenSource(Token);
        limit.CancelAfter(TimeSpan.FromMilliseconds(200));
        try
        {
            for (int i = 0; i < 20; i++)
            {
                await client.SendAsync(new byte[60_000], limit.Token);
            }
        }
        catch (Exception e) when (e is SocketException or OperationCanceledException)
        {
        }
    }

    private static async Task EchoAsync(PortForward forward)
    {
        using Socket client = await ConnectAsync(forward);
        byte[] one = [42];
        await client.SendAsync(one, Token);
        (await client.ReceiveAsync(one.AsMemory(), Token)).Should().Be(1);
    }

    private static async Task<Socket> ConnectAsync(PortForward forward)
    {
        Socket client = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await client.ConnectAsync(forward.LocalAddress, forward.LocalPort, Token);
        return client;
    }

    private sealed class Rig : IAsyncDisposable
    {
        private readonly EmbeddedCluster _cluster;
        private readonly KubeConnection _connection;
        private readonly PodServer[] _pods;

        private Rig(EmbeddedCluster cluster, KubeConnection connection, PodServer[] pods, TaskCompletionSource hearing)
        {
            _cluster = cluster;
            _connection = connection;
            _pods = pods;
            Hearing = hearing;
            Tunnel = new PodTunnel(
                connection, new ReadyPods(connection, "release=my-dask,component=scheduler"), TunnelOptions.Default, NullLogger.Instance);
        }

        public PodTunnel Tunnel { get; }

        /// <summary>Gets what makes the deaf pod read: only then it sees that a connection has ended.</summary>
        public TaskCompletionSource Hearing { get; }

        /// <summary>Gets how many connections the pods have.</summary>
        public int OpenInPods => _pods.Sum(static p => p.Open);

        public static async Task<Rig> StartAsync(PortForwardTransports transport)
        {
            PodServer echo = new(PodServer.EchoAsync);
            PodServer closing = new(static async socket => await socket.ReceiveAsync(new byte[1].AsMemory()));
            TaskCompletionSource hearing = new(TaskCreationOptions.RunContinuationsAsynchronously);
            PodServer deaf = new(async socket =>
            {
                await hearing.Task;
                byte[] buffer = new byte[64 * 1024];
                while (await socket.ReceiveAsync(buffer.AsMemory()) > 0)
                {
                }
            });
            Dictionary<int, int> ports = new() { [Good] = echo.Port, [Closing] = closing.Port, [Deaf] = deaf.Port };
            EmbeddedCluster cluster = await EmbeddedCluster.StartAsync(
                new EmbeddedClusterOptions
                {
                    PortForward = transport,
                    KubernetesVersion = transport == PortForwardTransports.Spdy ? "v1.20.2" : "v1.36.2",
                    PortTarget = asked => ports.TryGetValue(asked.Port, out int port) ? new IPEndPoint(IPAddress.Loopback, port) : null,
                },
                Token);
            using (k8s.Kubernetes client = cluster.CreateClient())
            {
                await new DaskRelease { Workers = 0 }.InstallAsync(client, Token);
            }

            return new Rig(
                cluster, await KubeConnectionFactory.OpenAsync(new KubeConfigOptions { KubeconfigPath = cluster.KubeconfigPath }, Token), [echo, closing, deaf], hearing);
        }

        public PortForward Forward(int port) => PortForward.Start(Tunnel, port, 0, 0, NullLogger.Instance);

        public async ValueTask DisposeAsync()
        {
            Hearing.TrySetResult();
            await Tunnel.DisposeAsync();
            _connection.Dispose();
            await _cluster.DisposeAsync();
            foreach (PodServer pod in _pods)
            {
                await pod.DisposeAsync();
            }
        }
    }
}
