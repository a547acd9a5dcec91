using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net.Sockets;

using DaskK8s.Testing;

namespace DaskK8s.Benchmarks.Torture;

/// <summary>Calls everything from many callers, with random cancellation, disposal and callbacks that throw, while everything around misbehaves.</summary>
internal sealed class TortureRun
{
    private const int ClustersAtOnce = 3;

    /// <summary>The limit of each request and each wait; calls that end later than this and the allowance are late.</summary>
    private static readonly TimeSpan RequestLimit = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan CallLimit = TimeSpan.FromSeconds(8);
    private static readonly TimeSpan HangLimit = TimeSpan.FromSeconds(60);

    private readonly TortureOptions _options;
    private readonly TortureTally _tally;
    private readonly EmbeddedCluster _kubernetes;
    private readonly HelmCluster?[] _clusters = new HelmCluster?[ClustersAtOnce];

    private TortureRun(TortureOptions options, TortureTally tally, EmbeddedCluster kubernetes) => (_options, _tally, _kubernetes) = (options, tally, kubernetes);

    public static async Task<TortureReport> RunAsync(TortureOptions options, Action<string> say, CancellationToken cancellationToken)
    {
        TortureTally tally = new(say);
        await using EmbeddedCluster kubernetes = await EmbeddedCluster.StartAsync(new EmbeddedClusterOptions { DaskProcesses = options.DaskProcesses }, cancellationToken);
        using (k8s.Kubernetes client = kubernetes.CreateClient())
        {
            await new DaskRelease { Workers = 2, Groups = [new DaskReleaseGroup { Name = "gpu", DaskResources = "GPU=1" }] }.InstallAsync(client, cancellationToken);
        }

        // What starts once (the socket loop, the pool, connections of the server) starts before it is counted.
        TortureRun run = new(options, tally, kubernetes);
        await run.StormAsync(TimeSpan.FromSeconds(Math.Min(10, options.Duration.TotalSeconds / 4)), options.Seed, cancellationToken);
        TortureTraces before = await TortureTraces.SettleAsync(null, cancellationToken);
        long start = Stopwatch.GetTimestamp();
        await run.StormAsync(options.Duration, options.Seed + 1, cancellationToken);
        TimeSpan took = Stopwatch.GetElapsedTime(start);
        TortureTraces after = await TortureTraces.SettleAsync(before, cancellationToken);
        return tally.ToReport() with
        {
            Seed = options.Seed,
            Seconds = took.TotalSeconds,
            LeakedThreads = after.ThreadsBeyond(before),
            LeakedFds = after.FilesBeyond(before),
            LeakedTasks = after.TimersBeyond(before),
        };
    }

    private async Task StormAsync(TimeSpan duration, int seed, CancellationToken cancellationToken)
    {
        using CancellationTokenSource end = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        end.CancelAfter(duration);
        TortureWeather sky = new(_kubernetes, seed, _options.DaskProcesses);
        Task weather = sky.RunAsync(end.Token);
        await Task.WhenAll(Enumerable.Range(0, _options.Threads).Select(i => Task.Run(() => CallerAsync(new Random((seed * 1000) + i), end.Token), CancellationToken.None)));
        try
        {
            await weather.WaitAsync(HangLimit, CancellationToken.None);
        }
        catch (TimeoutException) when (!weather.IsCompleted)
        {
            _tally.Hung($"weather, {sky.Doing}");
        }

        for (int i = 0; i < ClustersAtOnce; i++)
        {
            if (Interlocked.Exchange(ref _clusters[i], null) is { } cluster)
            {
                await DisposeAsync(cluster);
            }
        }
    }

    private async Task CallerAsync(Random random, CancellationToken end)
    {
        while (!end.IsCancellationRequested)
        {
            int slot = random.Next(ClustersAtOnce);
            HelmCluster? cluster = Volatile.Read(ref _clusters[slot]);
            if (cluster is null)
            {
                await TryAsync("connect", random, CallLimit, async (opened, ct) =>
                {
                    HelmCluster made = await ConnectAsync(random, ct);
                    if (Interlocked.CompareExchange(ref _clusters[slot], made, null) is not null)
                    {
                        opened(made);
                    }
                });
            }
            else if (random.Next(40) == 0)
            {
                if (Interlocked.CompareExchange(ref _clusters[slot], null, cluster) == cluster)
                {
                    await DisposeAsync(cluster);
                }
            }
            else
            {
                IReadOnlyList<(string Name, TortureCalls.Call Run)> calls = _options.DaskProcesses && random.Next(2) == 0 ? TortureCalls.OfDask : TortureCalls.OfKubernetes;
                (string name, TortureCalls.Call run) = calls[random.Next(calls.Count)];
                TimeSpan limit = TimeSpan.FromMilliseconds(random.Next(10, 3000));
                await TryAsync(name, random, limit, (opened, ct) => run(cluster, random, limit, _tally, opened, ct));
            }
        }
    }

    /// <summary>Creates a call whose token is cancelled at its limit at the latest, and judges how it ends, and then how what it opened ends.</summary>
    private async Task TryAsync(string name, Random random, TimeSpan limit, Func<Action<IAsyncDisposable>, CancellationToken, Task> call)
    {
        ConcurrentStack<IAsyncDisposable> opened = new();
        using CancellationTokenSource caller = new();
        TimeSpan patience = random.Next(4) == 0 ? limit * random.NextDouble() : limit;
        caller.CancelAfter(patience);
        long start = Stopwatch.GetTimestamp();
        Task running = Task.Run(() => call(opened.Push, caller.Token), CancellationToken.None);
        string outcome;
        try
        {
            await running.WaitAsync(patience + HangLimit);
            outcome = "succeeded";
            _tally.Succeeded();
        }
        catch (TimeoutException) when (!running.IsCompleted)
        {
            outcome = "hung";
            _tally.Hung(name);
        }
        catch (Exception e)
        {
            outcome = e.GetType().Name;
            bool documented = e is DaskK8sException or ObjectDisposedException or TortureMistakeException
                || (e is OperationCanceledException && caller.IsCancellationRequested)
                || (name == "forward" && e is SocketException);
            if (!documented)
            {
                _tally.Undocumented(name, e);
            }
        }

        TimeSpan beyond = Stopwatch.GetElapsedTime(start) - patience;
        if (beyond > _options.Allowance && outcome != "hung")
        {
            _tally.Late(name, beyond, outcome);
        }

        _tally.Ended(name, outcome);
        while (opened.TryPop(out IAsyncDisposable? handle))
        {
            await DisposeAsync(handle);
        }
    }

    private async Task DisposeAsync(IAsyncDisposable handle)
    {
        string name = $"dispose {handle.GetType().Name}";
        long start = Stopwatch.GetTimestamp();
        try
        {
            await handle.DisposeAsync().AsTask().WaitAsync(HangLimit);
            if (Stopwatch.GetElapsedTime(start) > TimeSpan.FromSeconds(2) + _options.Allowance)
            {
                _tally.Late(name, Stopwatch.GetElapsedTime(start), "ended");
            }

            _tally.Ended(name, "succeeded");
        }
        catch (TimeoutException)
        {
            _tally.Hung(name);
        }
        catch (Exception e)
        {
            _tally.Undocumented(name, e);
        }
    }

    private async Task<HelmCluster> ConnectAsync(Random random, CancellationToken cancellationToken)
    {
        HelmCluster cluster = await HelmCluster.ConnectAsync(
            "my-dask",
            new HelmClusterOptions
            {
                KubeconfigPath = _kubernetes.KubeconfigPath,
                SchedulerAccess = _options.DaskProcesses ? SchedulerAccess.Forward : SchedulerAccess.None,
                LocalSchedulerPort = 0,
                LocalDashboardPort = 0,
                RequestTimeout = RequestLimit,
                SchedulerTimeout = RequestLimit,
                ConnectTimeout = CallLimit,
                Retry = new RetryOptions { MaxAttempts = 2, BaseDelay = TimeSpan.FromMilliseconds(50), MaxDelay = TimeSpan.FromMilliseconds(500) },
            },
            cancellationToken);
        if (random.Next(3) == 0)
        {
            cluster.Changed += static (_, _) => throw new TortureMistakeException();
        }

        return cluster;
    }
}
