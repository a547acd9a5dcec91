using DaskK8s;
using DaskK8s.Testing;

namespace Samples;

/// <summary>Runs a sample until it ends or Ctrl-C is pressed, and makes its errors lines of text and exit codes.</summary>
internal static class SampleRun
{
    public static async Task<int> RunAsync(Func<CancellationToken, Task<int>> sample)
    {
        using CancellationTokenSource stop = new();
        Console.CancelKeyPress += (_, e) =>
        {
            e.Cancel = true;
            stop.Cancel();
        };

        try
        {
            return await sample(stop.Token);
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            await Console.Error.WriteLineAsync("Stopped; what was started here is closed again.");
            return 130;
        }
        catch (Exception e) when (e is DaskK8sException or DaskNotFoundException)
        {
            await Console.Error.WriteLineAsync(e.Message);
            return 1;
        }
    }
}
