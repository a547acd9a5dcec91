using System.Net;
using System.Net.Sockets;

namespace DaskK8s.Benchmarks.Tunnel;

/// <summary>One way to the data pod. A forward that dies is started again, and what was measured on it is measured once more.</summary>
internal sealed class Way(WayKind kind, Func<Task<ForwardProcess>>? start, IPEndPoint? direct) : IDisposable
{
    private const int MostAttempts = 3;

    public WayKind Kind => kind;

    /// <summary>Gets the forwarding process; null for the direct way, and before the first start.</summary>
    public ForwardProcess? Process { get; private set; }

    /// <summary>Gets how often the forward died.</summary>
    public int Restarts { get; private set; }

    private IPEndPoint EndPoint => direct ?? new IPEndPoint(IPAddress.Loopback, Process!.Port);

    public async Task StartAsync()
    {
        if (start is not null)
        {
            Process?.Dispose();
            Process = await start();
        }
    }

    /// <summary>Measures something.</summary>
    public async Task<T> MeasureAsync<T>(Func<IPEndPoint, Task<T>> measure)
    {
        for (int attempt = 1; ; attempt++)
        {
            try
            {
                return await measure(EndPoint);
            }
            catch (Exception e) when (e is IOException or SocketException && attempt < MostAttempts)
            {
                Console.WriteLine($"The forward of {kind} failed ({e.Message}) and is started again.");
                Restarts++;
                await StartAsync();
            }
        }
    }

    public void Dispose() => Process?.Dispose();
}
