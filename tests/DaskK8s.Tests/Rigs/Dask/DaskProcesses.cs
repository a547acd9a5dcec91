using DaskK8s.Dask.Rpc;

namespace DaskK8s.Tests.Rigs.Dask;

/// <summary>A small cluster of real Dask processes: two CPU workers and one that offers a GPU.</summary>
public sealed class DaskProcesses : IAsyncLifetime
{
    private readonly List<DaskProcess> _workers = [];
    private DaskProcess? _scheduler;

    public string Address => _scheduler!.Address;

    public string SchedulerLog => _scheduler!.Log;

    public async ValueTask InitializeAsync()
    {
        _scheduler = await DaskProcess.StartSchedulerAsync();
        DaskProcess[] workers = await Task.WhenAll(
            DaskProcess.StartWorkerAsync(Address, "cpu-0"),
            DaskProcess.StartWorkerAsync(Address, "cpu-1"),
            DaskProcess.StartWorkerAsync(Address, "gpu-0", "--resources", "GPU=1"));
        _workers.AddRange(workers);
    }

    public async ValueTask DisposeAsync()
    {
        foreach (DaskProcess worker in _workers)
        {
            await worker.DisposeAsync();
        }

        if (_scheduler is not null)
        {
            await _scheduler.DisposeAsync();
        }
    }
}

/// <summary>Shares one small cluster among the tests that change nothing of it.</summary>
[CollectionDefinition(Name)]
public sealed class DaskProcessesGroup : ICollectionFixture<DaskProcesses>
{
    public const string Name = "Dask processes";
}
