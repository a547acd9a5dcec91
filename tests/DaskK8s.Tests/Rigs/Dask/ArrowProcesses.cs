namespace DaskK8s.Tests.Rigs.Dask;

/// <summary>A small cluster of real Dask processes that have pyarrow: DASKK8S_PYARROW names their Python (<c>tests/arrow.sh</c> makes one).</summary>
public sealed class ArrowProcesses : IAsyncLifetime
{
    private readonly List<DaskProcess> _processes = [];

    public static string? Python => Environment.GetEnvironmentVariable("DASKK8S_PYARROW") is { Length: > 0 } python ? python : null;

    /// <summary>Gets the scheduler's address; skips the test where there is no pyarrow.</summary>
    public string Address
    {
        get
        {
            Assert.SkipWhen(Python is null, "No Python with pyarrow is named: DASKK8S_PYARROW=$(tests/arrow.sh | tail -n 1).");
            return _processes[0].Address;
        }
    }

    public async ValueTask InitializeAsync()
    {
        if (Python is { } python)
        {
            _processes.Add(await DaskProcess.StartSchedulerWithAsync(python));
            _processes.Add(await DaskProcess.StartWorkerWithAsync(python, Address, "first", "--no-nanny"));
            _processes.Add(await DaskProcess.StartWorkerWithAsync(python, Address, "second", "--no-nanny"));
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (DaskProcess process in _processes)
        {
            await process.DisposeAsync();
        }
    }
}
