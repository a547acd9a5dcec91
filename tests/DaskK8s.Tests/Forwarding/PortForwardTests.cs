using System.Net;
using System.Net.Sockets;
using System.Text;

using DaskK8s.Forwarding;

using Microsoft.Extensions.Logging.Abstractions;

namespace DaskK8s.Tests.Forwarding;

public sealed class PortForwardTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Connect_ThroughLocalPort_EchoesEveryByte()
    {
        await using ForwardingPeer peer = new();
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
        forward.Transport.Should().Be(PortForwardTransport.WebSocket);
        forward.LocalAddress.Should().Be(IPAddress.Loopback);
        forward.BytesSent.Should().Be(sent.Length);
    }

    [Fact]
    public async Task OpenAsync_OwnCalls_NeedNoLocalPort()
    {
        await using ForwardingPeer peer = new();
        await using PodServer pod = new(PodServer.EchoAsync);
        peer.Ports[8786] = pod.Port;
        await using PodTunnel tunnel = Tunnel(peer);

        await using Stream stream = await tunnel.OpenAsync(8786, Token);
        await stream.WriteAsync("hello"u8.ToArray(), Token);
        byte[] got = new byte[5];
        await stream.ReadExactlyAsync(got, Token);

        Encoding.UTF8.GetString(got).Should().Be("hello");
    }

    [Fact]
    public async Task OpenAsync_FirstPodGiven_AsksTheServerOnce()
    {
        await using ForwardingPeer peer = new();
        await using PodServer pod = new(PodServer.EchoAsync);
        peer.Ports[8786] = pod.Port;
        await using PodTunnel tunnel = Tunnel(peer, first: new PodTarget("test", "scheduler-0", "uid-scheduler-0"));

        await using Stream stream = await tunnel.OpenAsync(8786, Token);
        await stream.WriteAsync(new byte[1], Token);
        await stream.ReadExactlyAsync(new byte[1], Token);

        peer.Requests.Should().ContainSingle();
    }

    [Fact]
    public async Task ReadAsync_PodRefuses_ThrowsWithItsText()
    {
        await using ForwardingPeer peer = new();
        await using PodTunnel tunnel = Tunnel(peer);

        await using Stream stream = await tunnel.OpenAsync(9999, Token);
        Func<Task> read = async () => await stream.ReadExactlyAsync(new byte[1], Token);

        PortForwardException error = (await read.Should().ThrowAsync<PortForwardException>()).Which;
        error.Refusal.Should().Contain("connection refused");
        error.RemotePort.Should().Be(9999);
        error.Pod.Should().Be("scheduler-0");
    }

    [Fact]
    public async Task Connect_PodRefuses_ClosesTheSocketAndCounts()
    {
        await using ForwardingPeer peer = new();
        await using PodTunnel tunnel = Tunnel(peer);
        await using PortForward forward = PortForward.Start(tunnel, 9999, null, 0, NullLogger.Instance);

        using TcpClient client = new();
        await client.ConnectAsync(forward.LocalAddress, forward.LocalPort, Token);
        int count = await client.GetStream().ReadAsync(new byte[1], Token);

        count.Should().Be(0);
        forward.FailedConnections.Should().Be(1);
    }

    [Fact]
    public async Task Connect_PodClosesAfterAnswer_DeliversAllThenCloses()
    {
        byte[] answer = new byte[1_000_000];
        Random.Shared.NextBytes(answer);
        await using ForwardingPeer peer = new();
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

    [Fact]
    public async Task Start_AskedPortIsTaken_ThrowsNamingIt()
    {
        using Socket holder = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        holder.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        holder.Listen();
        int port = ((IPEndPoint)holder.LocalEndPoint!).Port;
        await using ForwardingPeer peer = new();
        await using PodTunnel tunnel = Tunnel(peer);

        Action start = () => PortForward.Start(tunnel, 8786, port, port, NullLogger.Instance);
        await using PortForward free = PortForward.Start(tunnel, 8786, null, port, NullLogger.Instance);

        start.Should().Throw<PortForwardException>().Which.LocalPort.Should().Be(port);
        free.LocalPort.Should().NotBe(port);
    }

    [Fact]
    public async Task OpenAsync_Forbidden_ThrowsAtOnce()
    {
        await using ForwardingPeer peer = new() { RefuseUpgrades = 403 };
        await using PodTunnel tunnel = Tunnel(peer);

        Func<Task> open = async () => await tunnel.OpenAsync(8786, Token);

        PortForwardException error = (await open.Should().ThrowAsync<PortForwardException>()).Which;
        error.StatusCode.Should().Be(HttpStatusCode.Forbidden);
        error.Message.Should().Contain("refused by the test");
    }

    [Fact]
    public async Task OpenAsync_PodReplaced_GoesToTheNext()
    {
        await using ForwardingPeer peer = new();
        await using PodServer pod = new(PodServer.EchoAsync);
        peer.Ports[8786] = pod.Port;
        await using PodTunnel tunnel = Tunnel(peer);
        await using (await tunnel.OpenAsync(8786, Token))
        {
        }

        peer.PodName = "scheduler-1";
        await using TunnelStream stream = await tunnel.OpenAsync(8786, Token);

        stream.Target.Name.Should().Be("scheduler-1");
    }

    [Fact]
    public async Task OpenAsync_NoReadyPod_ThrowsAfterTheLimit()
    {
        await using ForwardingPeer peer = new() { PodReady = false };
        await using PodTunnel tunnel = Tunnel(peer, new TunnelOptions { OpenTimeout = TimeSpan.FromMilliseconds(200) });

        Func<Task> open = async () => await tunnel.OpenAsync(8786, Token);

        (await open.Should().ThrowAsync<PortForwardException>()).WithMessage("*was not reachable within 0.2 s*");
    }

    [Fact]
    public async Task ReadAsync_WebSocketCut_ThrowsInsteadOfAnEnd()
    {
        await using ForwardingPeer peer = new();
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
        DaskK8s.KubeApi.KubeConnection connection = peer.Connect();
        return new PodTunnel(connection, new ReadyPods(connection, "component=scheduler", first), options ?? TunnelOptions.Default, NullLogger.Instance);
    }
}
