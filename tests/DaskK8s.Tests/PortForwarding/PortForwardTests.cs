using System.Net;
using System.Net.Sockets;
using System.Text;
using DaskK8s.Kubernetes;
using DaskK8s.PortForwarding;
using DaskK8s.PortForwarding.Tunnels;
using DaskK8s.Tests.Rigs.PortForwarding;

using Microsoft.Extensions.Logging.Abstractions;

namespace DaskK8s.Tests.PortForwarding;

public sealed class PortForwardTests
{
    public static TheoryData<PortForwardTransport> Transports =>
        [PortForwardTransport.SpdyOverWebSocket, PortForwardTransport.Spdy, PortForwardTransport.WebSocket];

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [MemberData(nameof(Transports))]
    public async Task Connect_ThroughLocalPort_EchoesEveryByte(PortForwardTransport transport)
    {
        await using ForwardingPeer peer = new() { Offers = [transport] };
        await using PodServer pod = new(PodServer.EchoAsync);
        peer.Ports[8786] = pod.Port;
        await using PodTunnel tunnel = Tunnel(peer);
        await using PortForward forward = PortForward.Start(tunnel, 8786, null, 0, NullLogger.Instance);

        byte[] sent = new byte[3_000_000];
        Random.Shared.NextBytes(sent);
        using TcpClient client = new();
        await client.ConnectAsync(forward.LocalAddress, forward.LocalPort, Token);
        Task write = client.GetStream().WriteAsync(sent, Token).AsTask();
        byte[] got = new byte[sent.Length];
        await client.GetStream().ReadExactlyAsync(got, Token);
        await write;

        got.Should().Equal(sent);
        forward.State.Should().Be(PortForwardState.Connected);
        forward.Transport.Should().Be(transport);
        forward.LocalAddress.Should().Be(IPAddress.Loopback);
        forward.BytesSent.Should().Be(sent.Length);
    }

    [Theory]
    [MemberData(nameof(Transports))]
    public async Task OpenAsync_OwnCalls_NeedNoLocalPort(PortForwardTransport transport)
    {
        await using ForwardingPeer peer = new() { Offers = [transport] };
        await using PodServer pod = new(PodServer.EchoAsync);
        peer.Ports[8786] = pod.Port;
        await using PodTunnel tunnel = Tunnel(peer);

        await using Stream stream = await tunnel.OpenAsync(8786, Token);
        await stream.WriteAsync("hello"u8.ToArray(), Token);
        byte[] got = new byte[5];
        await stream.ReadExactlyAsync(got, Token);

        Encoding.UTF8.GetString(got).Should().Be("hello");
    }

    [Theory]
    [MemberData(nameof(Transports))]
    public async Task OpenAsync_FirstPodGiven_AsksTheServerOnce(PortForwardTransport transport)
    {
        await using ForwardingPeer peer = new() { Offers = [transport] };
        await using PodServer pod = new(PodServer.EchoAsync);
        peer.Ports[8786] = pod.Port;
        await using PodTunnel tunnel = Tunnel(peer, new TunnelOptions { Transport = transport }, first: new PodTarget("test", "scheduler-0", "uid-scheduler-0"));

        await using Stream stream = await tunnel.OpenAsync(8786, Token);
        await stream.WriteAsync(new byte[1], Token);
        await stream.ReadExactlyAsync(new byte[1], Token);

        peer.Requests.Should().ContainSingle();
    }

    [Theory]
    [MemberData(nameof(Transports))]
    public async Task ReadAsync_PodRefuses_ThrowsWithItsText(PortForwardTransport transport)
    {
        await using ForwardingPeer peer = new() { Offers = [transport] };
        await using PodTunnel tunnel = Tunnel(peer);

        await using Stream stream = await tunnel.OpenAsync(9999, Token);
        Func<Task> read = async () => await stream.ReadExactlyAsync(new byte[1], Token);

        PortForwardException error = (await read.Should().ThrowAsync<PortForwardException>()).Which;
        error.Refusal.Should().ContainEquivalentOf("connection refused");
        error.RemotePort.Should().Be(9999);
        error.Pod.Should().Be("scheduler-0");
    }

    [Theory]
    [MemberData(nameof(Transports))]
    public async Task Connect_PodRefuses_ClosesTheSocketAndCounts(PortForwardTransport transport)
    {
        await using ForwardingPeer peer = new() { Offers = [transport] };
        await using PodTunnel tunnel = Tunnel(peer);
        await using PortForward forward = PortForward.Start(tunnel, 9999, null, 0, NullLogger.Instance);

        using TcpClient client = new();
        await client.ConnectAsync(forward.LocalAddress, forward.LocalPort, Token);
        int count = await client.GetStream().ReadAsync(new byte[1], Token);

        count.Should().Be(0);
        forward.FailedConnections.Should().Be(1);
    }

    [Theory]
    [MemberData(nameof(Transports))]
    public async Task Connect_PodClosesAfterAnswer_DeliversAllThenCloses(PortForwardTransport transport)
    {
        byte[] answer = new byte[1_000_000];
        Random.Shared.NextBytes(answer);
        await using ForwardingPeer peer = new() { Offers = [transport] };
        await using PodServer pod = new(async socket => await new NetworkStream(socket).WriteAsync(answer));
        peer.Ports[8787] = pod.Port;
        await using PodTunnel tunnel = Tunnel(peer);
        await using PortForward forward = PortForward.Start(tunnel, 8787, null, 0, NullLogger.Instance);

        using TcpClient client = new();
        await client.ConnectAsync(forward.LocalAddress, forward.LocalPort, Token);
        using MemoryStream got = new();
        await client.GetStream().CopyToAsync(got, Token);

        got.ToArray().Should().Equal(answer);
    }

    [Theory]
    [MemberData(nameof(Transports))]
    public async Task Start_AskedPortIsTaken_ThrowsNamingIt(PortForwardTransport transport)
    {
        using Socket holder = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        holder.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        holder.Listen();
        int port = ((IPEndPoint)holder.LocalEndPoint!).Port;
        await using ForwardingPeer peer = new() { Offers = [transport] };
        await using PodTunnel tunnel = Tunnel(peer);

        Action start = () => PortForward.Start(tunnel, 8786, port, port, NullLogger.Instance);
        await using PortForward free = PortForward.Start(tunnel, 8786, null, port, NullLogger.Instance);

        start.Should().Throw<PortForwardException>().Which.LocalPort.Should().Be(port);
        free.LocalPort.Should().NotBe(port);
    }

    [Theory]
    [MemberData(nameof(Transports))]
    public async Task OpenAsync_Forbidden_ThrowsAtOnce(PortForwardTransport transport)
    {
        await using ForwardingPeer peer = new() { Offers = [transport], RefuseUpgrades = 403 };
        await using PodTunnel tunnel = Tunnel(peer);

        Func<Task> open = async () => await tunnel.OpenAsync(8786, Token);

        KubernetesForbiddenException error = (await open.Should().ThrowAsync<KubernetesForbiddenException>()).Which;
        error.Call.ToString().Should().Be("create pods/portforward/scheduler-0 in namespace test");
        error.Message.Should().Contain("refused by the test");
    }

    [Theory]
    [MemberData(nameof(Transports))]
    public async Task OpenAsync_PodReplaced_GoesToTheNext(PortForwardTransport transport)
    {
        await using ForwardingPeer peer = new() { Offers = [transport] };
        await using PodServer pod = new(PodServer.EchoAsync);
        peer.Ports[8786] = pod.Port;
        await using PodTunnel tunnel = Tunnel(peer);
        await using (await tunnel.OpenAsync(8786, Token))
        {
        }

        while (peer.Watches == 0)
        {
            await Task.Delay(20, Token);
        }

        peer.ReplacePod("scheduler-1");
        TunnelStream? stream = null;
        while (stream?.Target.Name != "scheduler-1")
        {
            stream?.Dispose();
            stream = await tunnel.OpenAsync(8786, Token);
        }

        await stream.WriteAsync(new byte[1], Token);
        (await stream.ReadAsync(new byte[1], Token)).Should().Be(1);
        stream.Dispose();
    }

    [Theory]
    [MemberData(nameof(Transports))]
    public async Task OpenAsync_NoReadyPod_ThrowsAfterTheLimit(PortForwardTransport transport)
    {
        await using ForwardingPeer peer = new() { Offers = [transport], PodReady = false };
        await using PodTunnel tunnel = Tunnel(peer, new TunnelOptions { OpenTimeout = TimeSpan.FromMilliseconds(200) });

        Func<Task> open = async () => await tunnel.OpenAsync(8786, Token);

        (await open.Should().ThrowAsync<PortForwardException>()).WithMessage("*was not reachable within 0.2 s*");
    }

    [Theory]
    [MemberData(nameof(Transports))]
    public async Task ReadAsync_WebSocketCut_ThrowsInsteadOfAnEnd(PortForwardTransport transport)
    {
        await using ForwardingPeer peer = new() { Offers = [transport] };
        await using PodServer pod = new(PodServer.EchoAsync);
        peer.Ports[8786] = pod.Port;
        await using PodTunnel tunnel = Tunnel(peer);
        await using Stream stream = await tunnel.OpenAsync(8786, Token);
        await stream.WriteAsync(new byte[1], Token);
        await stream.ReadExactlyAsync(new byte[1], Token);

        peer.CutAll();
        Func<Task> read = async () => await stream.ReadAsync(new byte[1], Token);

        (await read.Should().ThrowAsync<PortForwardException>()).Which.Refusal.Should().BeNull();
    }

    private static PodTunnel Tunnel(ForwardingPeer peer, TunnelOptions? options = null, PodTarget? first = null)
    {
        KubeConnection connection = peer.Connect();
        return new PodTunnel(connection, new ReadyPods(connection, "component=scheduler", first), options ?? TunnelOptions.Default, NullLogger.Instance);
    }
}
