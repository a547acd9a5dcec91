using System.Net.WebSockets;
using System.Text;
using DaskK8s.Testing.Forwarding;
using k8s;
using k8s.Models;

namespace DaskK8s.Testing.Tests;

public sealed class ForwardTests : IAsyncLifetime
{
    private readonly EchoServer _echo = new();
    private EmbeddedCluster _cluster = null!;
    private Kubernetes _client = null!;
    private string _pod = null!;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _cluster = await EmbeddedCluster.StartAsync(cancellationToken: Token);
        _client = _cluster.CreateClient();
        _cluster.Pods.MapPort(new PodSelector(), 7, _echo.Endpoint);
        await new DaskRelease { Workers = 0 }.InstallAsync(_client, Token);
        _pod = (await _client.ReadyPodsAsync(1)).Single().Metadata.Name;
    }

    public async ValueTask DisposeAsync()
    {
        _client.Dispose();
        await _cluster.DisposeAsync();
        _echo.Dispose();
    }

    [Fact]
    public async Task Channels_CarryDataBothWays()
    {
        using WebSocket socket = await _client.WebSocketNamespacedPodPortForwardAsync(_pod, "default", [7], "v4.channel.k8s.io", cancellationToken: Token);
        (await MessageAsync(socket)).Should().Equal(0, 7, 0);
        (await MessageAsync(socket)).Should().Equal(1, 7, 0);

        await socket.SendAsync(new byte[] { 0, 65, 66 }, WebSocketMessageType.Binary, true, Token);

        (await MessageAsync(socket)).Should().Equal(0, 65, 66);
    }

    [Fact]
    public async Task Channels_ToAClosedPort_TellItOnTheErrorChannel()
    {
        using WebSocket socket = await _client.WebSocketNamespacedPodPortForwardAsync(_pod, "default", [8786], "v4.channel.k8s.io", cancellationToken: Token);
        await MessageAsync(socket);
        await MessageAsync(socket);

        byte[] error = await MessageAsync(socket);

        error[0].Should().Be(1);
        Encoding.UTF8.GetString(error, 1, error.Length - 1).Should().Contain("connection refused");
        (await MessageAsync(socket)).Should().BeEmpty();
        socket.CloseStatus.Should().Be(WebSocketCloseStatus.NormalClosure);
    }

    [Fact]
    public async Task CutPortForwards_MidFrame_BreaksTheConnection()
    {
        using WebSocket socket = await _client.WebSocketNamespacedPodPortForwardAsync(_pod, "default", [7], "v4.channel.k8s.io", cancellationToken: Token);
        await MessageAsync(socket);
        await MessageAsync(socket);

        _cluster.Faults.CutPortForwards(midFrame: true).Should().Be(1);

        Func<Task> read = () => MessageAsync(socket);
        await read.Should().ThrowAsync<WebSocketException>();
    }

    [Fact]
    public async Task DeletedPod_EndsItsForwards()
    {
        using WebSocket socket = await _client.WebSocketNamespacedPodPortForwardAsync(_pod, "default", [7], "v4.channel.k8s.io", cancellationToken: Token);
        await MessageAsync(socket);
        await MessageAsync(socket);

        await _client.CoreV1.DeleteNamespacedPodAsync(_pod, "default", gracePeriodSeconds: 0, cancellationToken: Token);

        await ((Func<Task>)(() => MessageAsync(socket).WaitAsync(TimeSpan.FromSeconds(5), Token))).Should().ThrowAsync<WebSocketException>();
    }

    [Fact]
    public async Task Services_ReachableFromOutside_LeadToThePod()
    {
        if (!OperatingSystem.IsLinux())
        {
            return;
        }

        string balancerAddress = $"127.{Random.Shared.Next(1, 250)}.{Random.Shared.Next(1, 250)}.250";
        await using EmbeddedCluster cluster = await EmbeddedCluster.StartAsync(new EmbeddedClusterOptions { LoadBalancerAddress = balancerAddress, PortTarget = port => port.Port == 8786 ? _echo.Endpoint : null }, Token);
        using k8s.Kubernetes client = cluster.CreateClient();
        await new DaskRelease { Workers = 0, ServiceType = "LoadBalancer" }.InstallAsync(client, Token);
        await client.ReadyPodsAsync(1);
        V1Service service = await client.CoreV1.ReadNamespacedServiceAsync("my-dask-scheduler", "default", cancellationToken: Token);
        string node = (await client.CoreV1.ListNodeAsync(cancellationToken: Token)).Items.Single().Status.Addresses.First(address => address.Type == "InternalIP").Address;

        service.Status.LoadBalancer.Ingress.Single().Ip.Should().Be(balancerAddress);
        (await EchoAsync(balancerAddress, 8786)).Should().Be("hello");
        (await EchoAsync(node, service.Spec.Ports.Single(port => port.Port == 8786).NodePort!.Value)).Should().Be("hello");
    }

    private static async Task<string> EchoAsync(string address, int port)
    {
        using System.Net.Sockets.TcpClient tcp = new();
        await tcp.ConnectAsync(address, port, Token);
        System.Net.Sockets.NetworkStream stream = tcp.GetStream();
        await stream.WriteAsync("hello"u8.ToArray(), Token);
        tcp.Client.Shutdown(System.Net.Sockets.SocketShutdown.Send);
        using StreamReader reader = new(stream);
        return await reader.ReadToEndAsync(Token).WaitAsync(TimeSpan.FromSeconds(10), Token);
    }

    [Fact]
    public void SpdyDictionary_IsTheOneOfTheProtocol()
    {
        (uint a, uint b) = (1, 0);
        foreach (byte value in SpdyDictionary.Bytes)
        {
            a = (a + value) % 65521;
            b = (b + a) % 65521;
        }

        ((b << 16) | a).Should().Be(SpdyDictionary.Id);
    }

    internal static async Task<byte[]> MessageAsync(WebSocket socket)
    {
        byte[] buffer = new byte[64 * 1024];
        int length = 0;
        while (true)
        {
            ValueWebSocketReceiveResult result = await socket.ReceiveAsync(buffer.AsMemory(length), Token);
            length += result.Count;
            if (result.EndOfMessage)
            {
                return buffer[..length];
            }
        }
    }
}
