using System.Diagnostics;
using System.Net;
using System.Text.Json;

using DaskK8s.Tests.Rigs.Dask;

namespace DaskK8s.Benchmarks.Growth;

/// <summary>A real scheduler in a process of its own whose workers are made up: ten thousand of them have no room on one machine.</summary>
internal sealed class ScriptedScheduler : IAsyncDisposable
{
    private readonly Process _process;

    private ScriptedScheduler(Process process, string address) => (_process, Address) = (process, address);

    public string Address { get; }

    public IPEndPoint EndPoint => IPEndPoint.Parse(new Uri(Address).Authority);

    public static async Task<ScriptedScheduler> StartAsync()
    {
        Process process = Process.Start(new ProcessStartInfo(DaskPython.Path, ["-u", Path.Combine(AppContext.BaseDirectory, "Growth", "scripted_scheduler.py")])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        })!;
        return new ScriptedScheduler(process, await process.StandardOutput.ReadLineAsync() ?? throw new InvalidOperationException("The scheduler did not start."));
    }

    /// <summary>Adds a worker at each host.</summary>
    public async Task AddAsync(IEnumerable<string> hosts)
    {
        await _process.StandardInput.WriteLineAsync(JsonSerializer.Serialize(hosts.Select(static h => $"tcp://{h}:40000")));
        await _process.StandardInput.FlushAsync();
        if (await _process.StandardOutput.ReadLineAsync() != "done")
        {
            throw new InvalidOperationException("The workers were not added.");
        }
    }

    public async ValueTask DisposeAsync()
    {
        _process.Kill();
        await _process.WaitForExitAsync();
        _process.Dispose();
    }
}
