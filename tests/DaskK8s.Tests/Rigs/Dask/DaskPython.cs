using System.Diagnostics;

namespace DaskK8s.Tests.Rigs.Dask;

/// <summary>Finds a Python that can import distributed.</summary>
internal static class DaskPython
{
    private static readonly Lazy<string> Found = new(Find);

    public static string Path => Found.Value;

    private static string Find()
    {
        string? named = Environment.GetEnvironmentVariable("DASKK8S_PYTHON");
        string[] candidates = named is null
            ? ["/usr/bin/python3", "python3", "python"]
            : [named];
        return candidates.FirstOrDefault(CanImport)
            ?? throw new InvalidOperationException(
                "No Python here can import 'distributed'. Install Dask: 'apt-get install python3-distributed' on Debian and Ubuntu, " +
                "'pip install distributed' elsewhere; or name a Python that has it in DASKK8S_PYTHON.");
    }

    private static bool CanImport(string python)
    {
        try
        {
            using Process process = Process.Start(new ProcessStartInfo(python, ["-c", "import distributed"])
            {
                RedirectStandardError = true,
                RedirectStandardOutput = true,
            })!;
            process.WaitForExit();
            return process.ExitCode == 0;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return false;
        }
    }
}
