using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;

namespace DaskK8s.Testing.Processes;

/// <summary>
/// Assigns an address to each pod. If the system has the whole loopback network (Linux), a cluster reserves 127.a.b.0/24 and pods listen there;
/// elsewhere, addresses are fictitious and each port of a pod is mapped to a port of 127.0.0.1.
/// </summary>
internal sealed class PodNetwork : IDisposable
{
    /// <summary>The maximum number of pods with processes in a cluster at a time: the addresses of 127.a.b.0/24 without the node's.</summary>
    public const int MaxProcessPods = 253;

    private const int GuardPort = 10250;

    private readonly Socket? _guard;
    private readonly byte _a;
    private readonly byte _b;
    private readonly ConcurrentDictionary<IPAddress, byte> _used = new();
    private readonly ConcurrentDictionary<(IPAddress Address, int Port), int> _ports = new();
    private int _last = 1;
    private int _lastMadeUp;

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

    /// <summary>Returns a fictitious address for a pod without processes: nothing listens there, and there are enough for tens of thousands.</summary>
    public IPAddress NextMadeUp()
    {
        for (int i = 0; i <= 0xFFFF; i++)
        {
            int number = Interlocked.Increment(ref _lastMadeUp) & 0xFFFF;
            IPAddress address = new([10, 244, (byte)(number >> 8), (byte)number]);
            if (_used.TryAdd(address, 0))
            {
                return address;
            }
        }

        throw new InvalidOperationException("The embedded cluster takes at most 65,536 pods.");
    }

    /// <summary>Returns an address that a pod's processes can listen on, or null if all are in use.</summary>
    public IPAddress? Next()
    {
        for (int i = 0; i < MaxProcessPods; i++)
        {
            IPAddress address = new([127, _a, _b, (byte)(2 + (Interlocked.Increment(ref _last) % MaxProcessPods))]);
            if (_used.TryAdd(address, 0))
            {
                return address;
            }
        }

        return null;
    }

    public void Release(IPAddress address) => _used.TryRemove(address, out _);

    /// <summary>Returns the real endpoint of a pod's port.</summary>
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
