using System.Net;
using System.Net.Sockets;

namespace DaskK8s.Benchmarks.Torture;

/// <summary>What callers do to a cluster: everything public, with callbacks that throw and consumers that stop.</summary>
internal static class TortureCalls
{
    /// <summary>A call of a caller.</summary>
    /// <param name="cluster">The cluster.</param>
    /// <param name="random">The caller's own generator.</param>
    /// <param name="limit">The time limit to pass to calls that take one.</param>
    /// <param name="tally">The tally for results.</param>
    /// <param name="opened">Takes what the call opened: it is disposed, and judged by the limit of disposals, after the call itself has ended.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    public delegate Task Call(HelmCluster cluster, Random random, TimeSpan limit, TortureTally tally, Action<IAsyncDisposable> opened, CancellationToken cancellationToken);

    private static readonly PythonFunction Add = PythonFunction.FromName("operator", "add");

    /// <summary>Gets the calls that need no scheduler.</summary>
    public static IReadOnlyList<(string Name, Call Run)> OfKubernetes { get; } =
    [
        ("groups", async (cluster, _, _, tally, _, ct) => CheckGroups(await cluster.GetWorkerGroupsAsync(ct), tally)),
        ("scale", async (cluster, random, _, tally, _, ct) =>
        {
            int replicas = random.Next(1, 4);
            ScaleOptions options = new() { ScaleDown = random.Next(2) == 0 ? ScaleDown.Immediate : ScaleDown.Lossless, DrainTimeout = TimeSpan.FromSeconds(5) };
            ScaleResult result = await cluster.ScaleAsync(replicas, options, "worker", ct);
            if (result.Requested != replicas || result.After is < 0 or > 100)
            {
                tally.Wrong("scale", $"asked for {replicas}, was told {result.Requested} and {result.After}");
            }
        }),
        ("wait", (cluster, random, limit, _, _, ct) => cluster.WaitForWorkersAsync(limit, new Progress(random.Next(4) == 0), cancellationToken: ct)),
        ("logs", async (cluster, random, _, _, _, ct) => await cluster.GetLogsAsync(new PodLogFilter { TailLines = random.Next(100) }, ct)),
        ("follow", async (cluster, random, _, _, _, ct) =>
        {
            int stop = random.Next(1, 20);
            bool throws = random.Next(3) == 0;
            await foreach (PodLogLine line in cluster.StreamLogsAsync(new PodLogFilter { Follow = true }, ct))
            {
                if (--stop == 0)
                {
                    if (throws)
                    {
                        throw new TortureMistakeException();
                    }

                    break;
                }
            }
        }),
        ("forward", async (cluster, random, _, _, opened, ct) =>
        {
            PodComponent component = random.Next(2) == 0 ? PodComponent.Jupyter : PodComponent.Scheduler;
            PortForward forward = await OpenAsync(cluster.ForwardAsync(random.Next(2) == 0 ? 8787 : 9, component: component, cancellationToken: ct), opened);
            forward.StateChanged += static (_, _) => throw new TortureMistakeException();
            using Socket socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            await socket.ConnectAsync(IPAddress.Loopback, forward.LocalPort, ct);
            await socket.SendAsync("GET / HTTP/1.0\r\n\r\n"u8.ToArray(), ct);
        }),
        ("permissions", async (cluster, _, _, _, _, ct) => await cluster.CheckPermissionsAsync(ct)),
        ("drift", async (cluster, _, _, _, _, ct) => await cluster.GetDriftAsync(ct)),
    ];

    /// <summary>Gets the calls that need a scheduler.</summary>
    public static IReadOnlyList<(string Name, Call Run)> OfDask { get; } =
    [
        ("identity", async (cluster, _, _, _, _, ct) => await cluster.GetSchedulerInfoAsync(ct)),
        ("versions", async (cluster, _, _, _, _, ct) => await cluster.GetVersionsAsync(ct)),
        ("submit", async (cluster, random, _, tally, opened, ct) =>
        {
            DaskClient client = await OpenAsync(cluster.GetClientAsync(ct), opened);
            int a = random.Next(1000);
            using DaskFuture<int> sum = await client.SubmitAsync<int>(Add, [a, 1], cancellationToken: ct);
            Check(await sum.ResultAsync(cancellationToken: ct), a + 1, tally);
        }),
        ("gather", async (cluster, random, _, tally, opened, ct) =>
        {
            DaskClient client = await OpenAsync(cluster.GetClientAsync(ct), opened);
            int a = random.Next(1000);
            using DaskFutureList<int> sums = await client.StarMapAsync<int>(Add, [.. Enumerable.Range(0, 20).Select(i => new object?[] { a, i })], cancellationToken: ct);
            IReadOnlyList<int> results = await client.GatherAsync(sums, cancellationToken: ct);
            for (int i = 0; i < results.Count; i++)
            {
                Check(results[i], a + i, tally);
            }
        }),
        ("script", async (cluster, random, _, tally, opened, ct) =>
        {
            DaskClient client = await OpenAsync(cluster.GetClientAsync(ct), opened);
            int a = random.Next(1000);
            Check(await client.RunScriptAsync<int>($"{a} + 1", cancellationToken: ct), a + 1, tally);
        }),
        ("adapt", async (cluster, random, _, _, opened, ct) =>
        {
            AdaptiveOptions options = new() { Groups = { ["worker"] = (1, 3) }, Interval = TimeSpan.FromMilliseconds(500), UseLease = random.Next(2) == 0 };
            AdaptiveScaling adaptive = await OpenAsync(cluster.AdaptAsync(options, ct), opened);
            adaptive.Decided += static (_, _) => throw new TortureMistakeException();
            await Task.Delay(random.Next(2000), ct);
            if (adaptive.Completion.IsCompleted && !ct.IsCancellationRequested && !IsDisposed(cluster))
            {
                throw new InvalidOperationException("Adaptive scaling ended by itself.");
            }
        }),
    ];

    private static async Task<T> OpenAsync<T>(Task<T> opening, Action<IAsyncDisposable> opened)
        where T : IAsyncDisposable
    {
        T result = await opening;
        opened(result);
        return result;
    }

    private static bool IsDisposed(HelmCluster cluster)
    {
        try
        {
            _ = cluster.StreamLogsAsync();
            return false;
        }
        catch (ObjectDisposedException)
        {
            return true;
        }
    }

    private static void Check(int result, int expected, TortureTally tally)
    {
        if (result != expected)
        {
            tally.Wrong("result", $"{result} instead of {expected}");
        }
    }

    private static void CheckGroups(IReadOnlyList<WorkerGroup> groups, TortureTally tally)
    {
        if (!groups.Select(static g => g.Name).SequenceEqual(["worker", "gpu"]) || groups.Any(static g => g.Desired is < 0 or > 100 || g.Ready < 0))
        {
            tally.Wrong("groups", string.Join(", ", groups.Select(static g => $"{g.Name} {g.Desired} {g.Ready}")));
        }
    }

    private sealed class Progress(bool throws) : IProgress<WorkerGroupProgress>
    {
        public void Report(WorkerGroupProgress value)
        {
            if (throws)
            {
                throw new TortureMistakeException();
            }
        }
    }
}
