using System.Diagnostics;

using DaskK8s.Tests.Rigs.Dask;

namespace DaskK8s.Benchmarks;

/// <summary>Runs one side of a comparison in a process of its own, so that neither warms the other nor shares its memory.</summary>
internal static class ChildProcess
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(45);

    /// <summary>Runs Python source.</summary>
    public static Task<string[]> RunPythonAsync(string source, params string[] arguments) => RunAsync(DaskPython.Path, ["-c", source, .. arguments]);

    /// <summary>Runs a verb of this program.</summary>
    public static Task<string[]> RunVerbAsync(params string[] arguments)
    {
        (string program, string[] all) = CommandOf(arguments);
        return RunAsync(program, all);
    }

    /// <summary>Returns the command that runs this program once more. Started as 'dotnet DaskK8s.Benchmarks.dll', the process is dotnet.</summary>
    public static (string Program, string[] Arguments) CommandOf(params string[] arguments) => Path.GetFileNameWithoutExtension(Environment.ProcessPath!) == "dotnet"
        ? (Environment.ProcessPath!, [typeof(ChildProcess).Assembly.Location, .. arguments])
        : (Environment.ProcessPath!, arguments);

    /// <summary>Runs a program and returns the lines that it printed.</summary>
    public static async Task<string[]> RunAsync(string program, string[] arguments)
    {
        using Process process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true })!;
        using CancellationTokenSource limit = new(Limit);
        try
        {
            string output = await process.StandardOutput.ReadToEndAsync(limit.Token);
            await process.WaitForExitAsync(limit.Token);
            return process.ExitCode == 0
                ? output.Split('\n', StringSplitOptions.RemoveEmptyEntries)
                : throw new InvalidOperationException($"{Path.GetFileName(program)} {arguments[0]} ended with {process.ExitCode}: {output}");
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            throw new TimeoutException($"{Path.GetFileName(program)} {arguments[0]} took more than {Limit.TotalMinutes:0} minutes and was ended.");
        }
    }
}
