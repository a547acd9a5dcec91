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

    /// <summary>Waits until neither the scheduler nor a worker keeps anything of tasks and transfers.</summary>
    public static Task ExpectNothingLeftAsync(DaskClient client)
    {
        PythonFunction tasks = PythonFunction.FromSource("def tasks(dask_scheduler=None):\n    return len(dask_scheduler.tasks)\n", "tasks");
        PythonFunction parts = PythonFunction.FromSource(
            "import sys\ndef parts():\n    return sum(len(m.OUTGOING) for n, m in list(sys.modules.items()) if n.startswith('daskk8s') and hasattr(m, 'OUTGOING'))\n", "parts");
        return Poll.UntilAsync(
            async () =>
            {
                // Streams that nobody read are let go of with their objects.
                GC.Collect();
                GC.WaitForPendingFinalizers();
                CancellationToken token = TestContext.Current.CancellationToken;
                IReadOnlyList<DaskAnswer<int>> left = await client.RunOnWorkersAsync<int>(parts, [], cancellationToken: token);
                return left.Count == 2 && left.All(static a => a.ResultOrThrow() == 0) && await client.RunOnSchedulerAsync<int>(tasks, cancellationToken: token) == 0;
            });
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
