using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;

namespace DaskK8s.Testing.Processes;

/// <summary>
/// Gives each pod an address. Where the system has the whole loopback network (Linux) a cluster takes 127.a.b.0/24 for itself and pods really listen there;
/// elsewhere addresses are made up and each port of a pod stands for a port of 127.0.0.1.
/// </summary>
internal sealed class PodNetwork : IDisposable
{
    private const int GuardPort = 10250;

    private readonly Socket? _guard;
    private readonly byte _a;
    private readonly byte _b;
    private readonly ConcurrentDictionary<IPAddress, byte> _used = new();
    private readonly ConcurrentDictionary<(IPAddress Address, int Port), int> _ports = new();
    private int _last = 1;

    private PodNetwork(Socket? guard, byte a, byte b)
    {
        (_guard, _a, _b) = (guard, a, b);
        Node = new IPAddress([127, a, b, 1]);
    }

    public IPAddress Node { get; }

    public bool HasAddresses => _guard is not null;

    public static PodNetwork Create()
    {
        for (int i = 0; OperatingSystem.IsLinux() && i < 50; i++)
        {
            (byte a, byte b) = ((byte)Random.Shared.Next(1, 250), (byte)Random.Shared.Next(1, 255));
            Socket guard = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            try
            {
                // The port of a kubelet, held as long as the cluster lives: no other cluster takes the same network.
                guard.Bind(new IPEndPoint(new IPAddress([127, a, b, 1]), GuardPort));
                guard.Listen(1);
                return new PodNetwork(guard, a, b);
            }
            catch (SocketException)
            {
                guard.Dispose();
            }
        }

        return new PodNetwork(null, 0, 0);
    }

    public IPAddress Next()
    {
        for (int i = 0; i < 253; i++)
        {
            IPAddress address = new([127, _a, _b, (byte)(2 + (Interlocked.Increment(ref _last) % 253))]);
            if (_used.TryAdd(address, 0))
            {
                return address;
            }
        }

        throw new InvalidOperationException("The embedded cluster has no pod address left: it takes at most 253 pods at a time.");
    }

    public void Release(IPAddress address) => _used.TryRemove(address, out _);

    /// <summary>Gives where a port of a pod really is.</summary>
    public IPEndPoint Endpoint(IPAddress pod, int port) =>
        HasAddresses ? new IPEndPoint(pod, port) : new IPEndPoint(IPAddress.Loopback, _ports.GetOrAdd((pod, port), _ => FreePort()));

    public static string ServiceAddress(int number) => $"10.96.{number / 250}.{(number % 250) + 1}";

    public void Dispose() => _guard?.Dispose();

    private static int FreePort()
    {
        using Socket socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return ((IPEndPoint)socket.LocalEndPoint!).Port;
    }
}
