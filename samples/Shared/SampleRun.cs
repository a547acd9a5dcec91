using System.Runtime.InteropServices;

using DaskK8s;
using DaskK8s.Testing;

namespace Samples;

/// <summary>Runs a sample until it ends or is told to, and makes its errors lines of text and exit codes.</summary>
internal static class SampleRun
{
    public static async Task<int> RunAsync(Func<CancellationToken, Task<int>> sample)
    {
        // Ctrl-C, a closed terminal and 'kill' all end a sample the same way: what it changed is put back first, then all is closed.
        using CancellationTokenSource stop = new();
        int exitCode = 0;
        void Stop(PosixSignalContext signal)
        {
            signal.Cancel = true;
            exitCode = signal.Signal switch { PosixSignal.SIGINT => 130, PosixSignal.SIGHUP => 129, _ => 143 };
            stop.Cancel();
        }

        using PosixSignalRegistration interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);
        using PosixSignalRegistration hangup = PosixSignalRegistration.Create(PosixSignal.SIGHUP, Stop);
        using PosixSignalRegistration terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);
        try
        {
            return await sample(stop.Token);
        }
        catch (Exception) when (stop.IsCancellationRequested)
        {
            await Console.Error.WriteLineAsync("Stopped; what was started here is closed again.");
            return exitCode;
        }
        catch (Exception e) when (e is DaskK8sException or DaskNotFoundException or ArgumentException)
        {
            await Console.Error.WriteLineAsync(e.Message);
            return 1;
        }
    }
}
