using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

using DaskK8s.Testing;

namespace DaskK8s.Benchmarks.Tunnel;

/// <summary>
/// The embedded Kubernetes with the data pod's program as a process of this machine: enough to compare forwarding programs where
/// there is no cluster. Its figures are no substitute for a real one's.
/// </summary>
internal sealed class EmbeddedDataServer : IAsyncDisposable
{
    private readonly Process server;
    private readonly EmbeddedCluster cluster;

    private EmbeddedDataServer(Process server, EmbeddedCluster cluster, IPEndPoint direct)
    {
        this.server = server;
        this.cluster = cluster;
        Direct = direct;
    }

    public string Kubeconfig => cluster.KubeconfigPath;

    public IPEndPoint Direct { get; }

    public static async Task<EmbeddedDataServer> StartAsync()
    {
        IPEndPoint direct;
        using (Socket free = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp))
        {
            free.Bind(new IPEndPoint(IPAddress.Loopback, 0));
            direct = (IPEndPoint)free.LocalEndPoint!;
        }

        Process server = Process.Start("python3", ["-u", "-c", DataProgram.Python.Replace("0.0.0.0", "127.0.0.1", StringComparison.Ordinal), $"{direct.Port}"]);
        return new EmbeddedDataServer(server, await EmbeddedCluster.StartAsync(new EmbeddedClusterOptions { PortTarget = _ => direct }), direct);
    }

    public async ValueTask DisposeAsync()
    {
        server.Kill();
        await server.WaitForExitAsync();
        server.Dispose();
        await cluster.DisposeAsync();
    }
}
