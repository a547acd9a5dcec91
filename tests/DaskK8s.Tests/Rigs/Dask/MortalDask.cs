using System.Net;
using System.Net.Sockets;

namespace DaskK8s.Tests.Rigs.Dask;

/// <summary>A scheduler and a worker of their own that are replaced as pods are: another process at the same address.</summary>
internal sealed class MortalDask : IAsyncDisposable
{
    private readonly int _port = FreePort();
    private DaskProcess? _scheduler;
    private DaskProcess? _worker;
    private int _workers;

    public string Address => $"tcp://127.0.0.1:{_port}";

    /// <summary>Gets the name of the worker that is there now.</summary>
    public string Worker { get; private set; } = string.Empty;

    public static async Task<MortalDask> StartAsync()
    {
        MortalDask dask = new();
        await dask.StartSchedulerAsync();
        await dask.StartWorkerAsync();
        return dask;
    }

    public async Task RestartAsync()
    {
        await KillAsync();
        await StartSchedulerAsync();
        await StartWorkerAsync();
    }

    /// <summary>Ends both, the scheduler first: one that loses its worker tells of that.</summary>
    public async Task KillAsync()
    {
        await DisposeAsync();
        (_scheduler, _worker) = (null, null);
    }

    public async Task StartSchedulerAsync() =>
        _scheduler = await DaskProcess.StartSchedulerAsync("--host", "127.0.0.1", "--port", $"{_port}");

    public async Task StartWorkerAsync()
    {
        Worker = $"w-{_workers++}";
        _worker = await DaskProcess.StartWorkerAsync(Address, Worker);
    }

    public async ValueTask DisposeAsync()
    {
        await (_scheduler?.DisposeAsync() ?? default);
        await (_worker?.DisposeAsync() ?? default);
    }

    private static int FreePort()
    {
        using TcpListener listener = new(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
