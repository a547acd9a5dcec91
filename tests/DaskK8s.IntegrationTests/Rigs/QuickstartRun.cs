using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;

using DaskK8s.Dask.Tasks;

namespace DaskK8s.IntegrationTests.Rigs;

/// <summary>The quickstart sample as a process of its own, with its output line by line.</summary>
internal sealed class QuickstartRun : IAsyncDisposable
{
    private const string MarkVariable = "DASKK8S_QUICKSTART_TEST";

    private readonly string _mark = Guid.NewGuid().ToString("N");
    private readonly Process _process;
    private readonly ConcurrentQueue<string> _output = new();
    private readonly SemaphoreSlim _news = new(0);

    /// <param name="kubeconfig">The kubeconfig that it finds.</param>
    /// <param name="arguments">Its command line.</param>
    public QuickstartRun(string kubeconfig, params IEnumerable<string> arguments)
    {
        // Tests that are run in the background, or under nohup, have signals ignored, and what they start inherits that: env sets the defaults again.
        string dotnet = Path.GetFullPath(Path.Combine(RuntimeEnvironment.GetRuntimeDirectory(), "../../../dotnet"));
        ProcessStartInfo start = new("env", ["--default-signal", dotnet, Samples.ProgramPath("Quickstart"), .. arguments])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment["KUBECONFIG"] = kubeconfig;
        start.Environment[MarkVariable] = _mark;
        _process = new Process { StartInfo = start };
        _process.OutputDataReceived += Take;
        _process.ErrorDataReceived += Take;
        _process.Start();
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();

        void Take(object sender, DataReceivedEventArgs e)
        {
            if (e.Data is { } line)
            {
                _output.Enqueue(line);
                _news.Release();
            }
        }
    }

    public string Output => string.Join('\n', _output);

    /// <summary>Waits for a line of the output.</summary>
    public async Task SeeAsync(string text, CancellationToken cancellationToken)
    {
        while (!Output.Contains(text, StringComparison.Ordinal))
        {
            await _news.WaitAsync(cancellationToken);
        }
    }

    public async Task SignalAsync(string name, CancellationToken cancellationToken)
    {
        using Process kill = Process.Start("kill", ["-" + name, _process.Id.ToString(CultureInfo.InvariantCulture)]);
        await kill.WaitForExitAsync(cancellationToken);
    }

    public async Task<int> ExitAsync(CancellationToken cancellationToken)
    {
        await _process.WaitForExitAsync(cancellationToken);
        return _process.ExitCode;
    }

    /// <summary>Lists the processes that the run started and that are still there, by the mark in their environment.</summary>
    public IReadOnlyList<string> Leftovers()
    {
        List<string> left = [];
        foreach (string folder in Directory.EnumerateDirectories("/proc").Where(f => Path.GetFileName(f).All(char.IsAsciiDigit)))
        {
            try
            {
                if (File.ReadAllText(Path.Combine(folder, "environ")).Contains(_mark, StringComparison.Ordinal))
                {
                    left.Add($"{Path.GetFileName(folder)} {File.ReadAllText(Path.Combine(folder, "cmdline")).Replace('\0', ' ')}");
                }
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                // Gone, or somebody else's.
            }
        }

        return left;
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            _process.Kill(entireProcessTree: true);
        }

        await _process.WaitForExitAsync();
        _process.Dispose();
        _news.Dispose();
    }
}
