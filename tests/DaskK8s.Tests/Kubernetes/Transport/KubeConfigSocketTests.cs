using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

using DaskK8s.Kubernetes.Transport;

namespace DaskK8s.Tests.Kubernetes.Transport;

/// <summary>Names with several addresses, some of which lead nowhere.</summary>
public sealed class KubeConfigSocketTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public void Interleave_TwoFamilies_TakesTurnsAndKeepsTheSystemsPreference()
    {
        IPAddress[] addresses = [.. new[] { "fd00::1", "fd00::2", "fd00::3", "10.0.0.1", "10.0.0.2" }.Select(IPAddress.Parse)];

        KubeConfigSocket.Interleave(addresses).Select(address => address.ToString())
            .Should().Equal("fd00::1", "10.0.0.1", "fd00::2", "10.0.0.2", "fd00::3");
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task RaceAsync_FirstAddressRefuses_TakesTheNextAtOnce(bool forUpgrade)
    {
        using TcpListener listener = new(IPAddress.Parse("127.0.0.2"), 0);
        listener.Start();
        int port = ((IPEndPoint)listener.LocalEndpoint).Port;
        long start = Stopwatch.GetTimestamp();

        using Socket socket = await KubeConfigSocket.RaceAsync([IPAddress.Parse("127.0.0.3"), IPAddress.Parse("127.0.0.2")], port, forUpgrade, Token);

        socket.RemoteEndPoint.Should().Be(new IPEndPoint(IPAddress.Parse("127.0.0.2"), port));
        Stopwatch.GetElapsedTime(start).Should().BeLessThan(TimeSpan.FromMilliseconds(240));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task RaceAsync_FirstAddressIsSilent_TakesTheNextAfterAMoment(bool forUpgrade)
    {
        // A full backlog drops further connection requests, as a network that leads nowhere does.
        using Socket silent = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        silent.Bind(new IPEndPoint(IPAddress.Parse("127.0.0.3"), 0));
        silent.Listen(0);
        int port = ((IPEndPoint)silent.LocalEndPoint!).Port;
        List<Socket> fillers = [];
        for (int count = 0; count < 4; count++)
        {
            Socket filler = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            fillers.Add(filler);
            _ = filler.ConnectAsync(IPAddress.Parse("127.0.0.3"), port, Token).AsTask();
        }

        using TcpListener listener = new(IPAddress.Parse("127.0.0.2"), port);
        listener.Start();
        await Task.Delay(50, Token);

        using Socket socket = await KubeConfigSocket.RaceAsync([IPAddress.Parse("127.0.0.3"), IPAddress.Parse("127.0.0.2")], port, forUpgrade, Token);

        ((IPEndPoint)socket.RemoteEndPoint!).Address.Should().Be(IPAddress.Parse("127.0.0.2"));
        fillers.ForEach(filler => filler.Dispose());
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task RaceAsync_AllRefuse_ThrowsTheFirstsError(bool forUpgrade)
    {
        using TcpListener closed = new(IPAddress.Loopback, 0);
        closed.Start();
        int port = ((IPEndPoint)closed.LocalEndpoint).Port;
        closed.Stop();
        Func<Task> race = () => KubeConfigSocket.RaceAsync([IPAddress.Parse("127.0.0.3"), IPAddress.Parse("127.0.0.4")], port, forUpgrade, Token);

        (await race.Should().ThrowAsync<SocketException>()).Which.SocketErrorCode.Should().Be(SocketError.ConnectionRefused);
    }
}
