using System.Diagnostics;

using DaskK8s.Tests.Scheduler;

namespace DaskK8s.Benchmarks;

/// <summary>Runs Python source in a process of its own.</summary>
internal static class PythonChild
{
    /// <summary>Gives the lines that the source printed.</summary>
    public static string[] Run(string source, params string[] arguments)
    {
        ProcessStartInfo start = new(DaskPython.Path, ["-c", source, .. arguments]) { RedirectStandardOutput = true };
        using Process process = Process.Start(start)!;
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return process.ExitCode == 0
            ? output.Split('\n', StringSplitOptions.RemoveEmptyEntries)
            : throw new InvalidOperationException($"Python ended with {process.ExitCode}: {output}");
    }
}
