using System.Text.Json;

namespace DaskK8s.Benchmarks.Scaling;

/// <summary>Is the work of a soak: tasks whose results are kept. Each run of a task leaves an event on the scheduler, so that one that ran twice is counted.</summary>
internal sealed class SoakLoad : IAsyncDisposable
{
    private const string Source = """
        def work(topic, i, seconds, size):
            import time
            from distributed import get_worker
            get_worker().log_event(topic, i)
            time.sleep(seconds)
            return [i, "x" * size]
        """;

    private const int ResultSize = 5000;
    private static readonly TimeSpan Longest = TimeSpan.FromMinutes(3);
    private static readonly PythonFunction Work = PythonFunction.FromSource(Source, "work");

    private readonly DaskClient _dask;
    private readonly string _topic = $"scale-soak-{Guid.NewGuid():n}";
    private readonly List<DaskFuture<JsonElement>> _futures = [];

    private SoakLoad(DaskClient dask) => _dask = dask;

    public int Tasks => _futures.Count;

    public static async Task<SoakLoad> StartAsync(HelmCluster cluster) => new(await DaskClient.ConnectAsync(cluster.SchedulerAddress!));

    public async Task SubmitAsync(double seconds, IReadOnlyDictionary<string, double> resources) => _futures.Add(
        await _dask.SubmitAsync<JsonElement>(Work, [_topic, _futures.Count, seconds, ResultSize], resources.Count == 0 ? null : new TaskOptions { Resources = resources }));

    /// <summary>Reads every result.</summary>
    /// <returns>How many could not be read, or are not what they should be.</returns>
    public async Task<int> CountLostAsync(HelmCluster cluster)
    {
        int lost = 0;
        for (int i = 0; i < _futures.Count; i++)
        {
            try
            {
                JsonElement result = await _futures[i].ResultAsync(Longest);
                lost += result[0].GetInt32() == i && result[1].GetString()!.Length == ResultSize ? 0 : 1;
            }
            catch (Exception e) when (e is DaskK8sException or TimeoutException)
            {
                lost++;
                Console.WriteLine($"task {i}: {e.Message}");
                await ExplainAsync(cluster, i);
            }
        }

        return lost;
    }

    /// <summary>Counts the runs, and those of a task that had run before.</summary>
    public async Task<(int Runs, int Recomputed)> CountRunsAsync()
    {
        IReadOnlyList<DaskEvent> runs = await _dask.GetEventsAsync(_topic);
        foreach (IGrouping<int, DaskEvent> twice in runs.GroupBy(static r => r.Data.GetInt32()).Where(static g => g.Count() > 1))
        {
            Console.WriteLine($"task {twice.Key} ran {string.Join(" and ", twice.Select(static e => $"at {e.Time:HH:mm:ss.fff}"))}");
        }

        return (runs.Count, runs.Count - runs.Select(static r => r.Data.GetInt32()).Distinct().Count());
    }

    public ValueTask DisposeAsync() => _dask.DisposeAsync();

    private async Task ExplainAsync(HelmCluster cluster, int task)
    {
        foreach (WorkerInfo worker in (await cluster.GetSchedulerInfoAsync()).Workers)
        {
            Console.WriteLine($"  {worker.Address} of {worker.Group}: {worker.Status}, {worker.Tasks}");
        }

        foreach (WorkerPod pod in (await cluster.GetWorkerGroupsAsync()).SelectMany(static g => g.Pods))
        {
            Console.WriteLine($"  {pod}");
        }

        string key = _futures[task].Key;
        Console.WriteLine(string.Join("\n", (await _dask.GetSchedulerLogAsync(2000)).Where(l => l.ToString().Contains(key, StringComparison.Ordinal)).TakeLast(20)));
    }
}
