using System.Buffers.Binary;
using System.Net.Sockets;

using DaskK8s.Kubernetes;
using DaskK8s.Kubernetes.Config;
using DaskK8s.PortForwarding;
using DaskK8s.PortForwarding.Tunnels;

using Microsoft.Extensions.Logging.Abstractions;

namespace DaskK8s.IntegrationTests.Rigs;

/// <summary>A tunnel to data pods with one forward, and what clients of it do.</summary>
internal sealed class TunnelRig : IAsyncDisposable
{
    private readonly KubeConnection _connection;

    private TunnelRig(DataPods pods, KubeConnection connection)
    {
        Pods = pods;
        _connection = connection;
        Tunnel = new PodTunnel(connection, new ReadyPods(connection, DataPods.Selector), TunnelOptions.Default, NullLogger.Instance);
        Forward = PortForward.Start(Tunnel, DataPods.Port, 0, 0, NullLogger.Instance);
    }

    public DataPods Pods { get; }

    public PodTunnel Tunnel { get; }

    public PortForward Forward { get; }

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public static async Task<TunnelRig> StartAsync(TestCluster kubernetes, string? kubeconfig = null, DataPods? pods = null)
    {
        pods ??= await DataPods.StartAsync(kubernetes);
        return new TunnelRig(pods, await KubeConnectionFactory.OpenAsync(
            new KubeConfigOptions { KubeconfigPath = kubeconfig ?? kubernetes.KubeconfigPath, Namespace = pods.Namespace }, Token));
    }

    /// <summary>Connects to the forward and says what for.</summary>
    public async Task<Socket> AskAsync(char kind, long count, PortForward? forward = null)
    {
        Socket socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await socket.ConnectAsync((forward ?? Forward).LocalAddress, (forward ?? Forward).LocalPort, Token);
        byte[] request = new byte[9];
        request[0] = (byte)kind;
        BinaryPrimitives.WriteInt64LittleEndian(request.AsSpan(1), count);
        await socket.SendAsync(request, Token);
        return socket;
    }

    /// <summary>Sends a byte and gets it back.</summary>
    public async Task EchoAsync()
    {
        using Socket socket = await AskAsync('e', 0);
        byte[] one = [42];
        await socket.SendAsync(one, Token);
        one[0] = 0;
        (await socket.ReceiveAsync(one.AsMemory(), Token)).Should().Be(1);
        one[0].Should().Be(42);
    }

    /// <summary>Reads to the end.</summary>
    /// <returns>How many bytes came, and whether the end was a close and no reset.</returns>
    public static async Task<(long Received, bool IsClose)> DrainAsync(Socket socket)
    {
        using (socket)
        {
            byte[] room = new byte[64 * 1024];
            long received = 0;
            try
            {
                int count;
                while ((count = await socket.ReceiveAsync(room.AsMemory(), Token)) > 0)
                {
                    received += count;
                }

                return (received, true);
            }
            catch (SocketException)
            {
                return (received, false);
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        await Forward.DisposeAsync();
        await Tunnel.DisposeAsync();
        _connection.Dispose();
        await Pods.DisposeAsync();
    }
}
