using System.Diagnostics;

namespace DaskK8s.Benchmarks.Torture;

/// <summary>What a process holds once all is disposed: threads, files and sockets, timers.</summary>
internal sealed record TortureTraces(int Threads, int Files, long Timers)
{
    /// <summary>What the pool and the server's kept connections may differ by.</summary>
    private const int Tolerance = 24;

    /// <summary>Waits until no more goes away.</summary>
    /// <param name="before">What there was before, or null: then until nothing has changed for a while.</param>
    /// <param name="cancellationToken">Cancels the wait.</param>
    /// <returns>What is left.</returns>
    public static async Task<TortureTraces> SettleAsync(TortureTraces? before, CancellationToken cancellationToken)
    {
        long start = Stopwatch.GetTimestamp();
        TortureTraces last = Take();
        while (Stopwatch.GetElapsedTime(start) < TimeSpan.FromSeconds(before is null ? 10 : 60))
        {
            await Task.Delay(1000, cancellationToken);
            GC.Collect();
            GC.WaitForPendingFinalizers();
            last = Take();
            if (before is not null && last.ThreadsBeyond(before) + last.FilesBeyond(before) + last.TimersBeyond(before) == 0)
            {
                break;
            }
        }

        return last;
    }

    public int ThreadsBeyond(TortureTraces before) => Beyond(Threads - before.Threads);

    public int FilesBeyond(TortureTraces before) => Beyond(Files - before.Files);

    public int TimersBeyond(TortureTraces before) => Beyond((int)(Timers - before.Timers));

    private static int Beyond(int more) => more > Tolerance ? more : 0;

    private static TortureTraces Take()
    {
        using Process self = Process.GetCurrentProcess();
        int files = Directory.Exists("/proc/self/fd") ? Directory.GetFiles("/proc/self/fd").Length : self.HandleCount;
        return new TortureTraces(self.Threads.Count, files, Timer.ActiveCount);
    }
}
