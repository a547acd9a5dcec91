using System.Collections.Concurrent;
using System.Diagnostics;
using System.Text.RegularExpressions;

namespace DaskK8s.Tests.Rigs.Dask;

/// <summary>One process of Dask: a scheduler or a worker of the machine's distributed.</summary>
internal sealed class DaskProcess : IAsyncDisposable
{
    private static readonly TimeSpan StartLimit = TimeSpan.FromSeconds(60);

    private readonly Process _process;
    private readonly ConcurrentQueue<string> _log = new();
    private readonly TaskCompletionSource<string> _ready = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private DaskProcess(string python, IEnumerable<string> arguments, Regex ready)
    {
        ProcessStartInfo start = new(python, arguments) { RedirectStandardError = true, RedirectStandardOutput = true };
        // A worker's address is read from its log; nothing of the user's configuration is to change it.
        start.Environment["DASK_CONFIG"] = System.IO.Path.GetTempPath() + "daskk8s-no-such-config";
        start.Environment["DASK_TEMPORARY_DIRECTORY"] = System.IO.Path.GetTempPath();
        start.Environment["DASK_DISTRIBUTED__WORKER__MEMORY__TERMINATE"] = "False";
        _process = new Process { StartInfo = start, EnableRaisingEvents = true };
        _process.Exited += (_, _) => _ready.TrySetException(new InvalidOperationException("Dask ended:\n" + Log));
        _process.OutputDataReceived += Take;
        _process.ErrorDataReceived += Take;
        _process.Start();
        Id = _process.Id;
        _process.BeginErrorReadLine();
        _process.BeginOutputReadLine();

        void Take(object sender, DataReceivedEventArgs e)
        {
            if (e.Data is { } line)
            {
                _log.Enqueue(line);
                if (ready.Match(line) is { Success: true } match)
                {
                    _ready.TrySetResult(match.Groups[1].Value);
                }
            }
        }
    }

    /// <summary>Gets the address that the process told in its log.</summary>
    public string Address => _ready.Task.Result;

    public string Log => string.Join('\n', _log);

    public int Id { get; }

    public static Task<DaskProcess> StartSchedulerAsync(params string[] arguments) => StartSchedulerWithAsync(DaskPython.Path, arguments);

    /// <summary>Starts a scheduler with a Python of its own.</summary>
    public static async Task<DaskProcess> StartSchedulerWithAsync(string python, params string[] arguments)
    {
        string[] all = ["-m", "distributed.cli.dask_scheduler", "--no-dashboard", "--dashboard-address", "127.0.0.1:0", "--idle-timeout", "600", .. arguments];
        return await StartAsync(
            arguments.Contains("--port") ? all : [.. all, "--host", "127.0.0.1", "--port", "0"],
            new Regex(@"Scheduler at:\s+(\S+)"),
            python);
    }

    public static Task<DaskProcess> StartWorkerAsync(string scheduler, string name, params string[] arguments) =>
        StartWorkerWithAsync(DaskPython.Path, scheduler, name, "--no-nanny", arguments);

    /// <summary>Starts a worker with a Python of its own, and a nanny or none.</summary>
    public static Task<DaskProcess> StartWorkerWithAsync(string python, string scheduler, string name, string nanny, params string[] arguments) => StartAsync(
        [
            "-m", "distributed.cli.dask_worker", scheduler, "--name", name, "--nthreads", "1", nanny, "--no-dashboard",
            "--dashboard-address", "127.0.0.1:0", "--host", "127.0.0.1", "--memory-limit", "1GiB", "--death-timeout", "60", .. arguments,
        ],
        new Regex(@"Registered to:\s+(\S+)"),
        python);

    /// <summary>Ends the process at once, as a lost machine does.</summary>
    public async Task KillAsync()
    {
        if (!_process.HasExited)
        {
            _process.Kill(entireProcessTree: true);
        }

        await _process.WaitForExitAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await KillAsync();
        if (Environment.GetEnvironmentVariable("DASKK8S_LOGS") is { } directory)
        {
            await File.WriteAllTextAsync(System.IO.Path.Combine(directory, $"dask-{Id}.log"), Log);
        }

        _process.Dispose();
    }

    private static async Task<DaskProcess> StartAsync(string[] arguments, Regex ready, string? python = null)
    {
        DaskProcess process = new(python ?? DaskPython.Path, arguments, ready);
        try
        {
            await process._ready.Task.WaitAsync(StartLimit);
            return process;
        }
        catch
        {
            await process.DisposeAsync();
            throw;
        }
    }
}
