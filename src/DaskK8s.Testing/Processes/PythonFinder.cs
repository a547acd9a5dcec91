using System.ComponentModel;
using System.Diagnostics;

namespace DaskK8s.Testing.Processes;

/// <summary>Finds a Python that can import <c>distributed</c>, by trying each candidate.</summary>
internal static class PythonFinder
{
    private static readonly SemaphoreSlim Gate = new(1, 1);
    private static string? _found;

    public static async Task<string> FindAsync(string? given, CancellationToken cancellationToken)
    {
        if (given is not null)
        {
            return await CanImportAsync(given, cancellationToken).ConfigureAwait(false)
                ? given
                : throw new DaskNotFoundException($"{given} cannot import distributed. {HowTo}");
        }

        await Gate.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            if (_found is not null)
            {
                return _found;
            }

            string?[] candidates = [Environment.GetEnvironmentVariable("DASKK8S_PYTHON"), "/usr/bin/python3", "python3", "python"];
            List<string> tried = [.. candidates.Where(candidate => !string.IsNullOrEmpty(candidate)).Select(candidate => candidate!).Distinct()];
            foreach (string candidate in tried)
            {
                if (await CanImportAsync(candidate, cancellationToken).ConfigureAwait(false))
                {
                    return _found = candidate;
                }
            }

            throw new DaskNotFoundException($"No Python that can import distributed was found (tried {string.Join(", ", tried)}). {HowTo}");
        }
        finally
        {
            Gate.Release();
        }
    }

    private static string HowTo =>
        "Install it with `apt-get install python3-distributed` on Debian and Ubuntu, or with `pip install distributed` in a virtual environment, and set DASKK8S_PYTHON to that Python.";

    private static async Task<bool> CanImportAsync(string python, CancellationToken cancellationToken)
    {
        try
        {
            // Only found, not imported: importing takes a second that the real start takes again.
            using Process? process = Process.Start(new ProcessStartInfo(python, ["-c", "import sys, importlib.util as u; sys.exit(0 if u.find_spec('distributed') else 1)"])
            {
                RedirectStandardOutput = true,
                RedirectStandardError = true,
                UseShellExecute = false,
                CreateNoWindow = true,
            });
            if (process is null)
            {
                return false;
            }

            await process.WaitForExitAsync(cancellationToken).ConfigureAwait(false);
            return process.ExitCode == 0;
        }
        catch (Win32Exception)
        {
            return false;
        }
    }
}
