using System.Text.Json;

namespace DaskK8s.Benchmarks.Scaling;

/// <summary>The work of a soak: tasks whose results are kept. Each run of a task leaves an event on the scheduler, so that one that ran twice is counted.</summary>
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

    /// <summary>How many tasks share a topic: schedulers keep the last 1,000 events of a topic unless they are told otherwise.</summary>
    private const int TasksPerTopic = 100;

    private const int EventsKept = 1000;
    private static readonly TimeSpan Longest = TimeSpan.FromMinutes(3);
    private static readonly PythonFunction Work = PythonFunction.FromSource(Source, "work");

    private readonly DaskClient _dask;
    private readonly string _topic = $"scale-soak-{Guid.NewGuid():n}";
    private readonly List<DaskFuture<JsonElement>> _futures = [];

    private SoakLoad(DaskClient dask) => _dask = dask;

    public int Tasks => _futures.Count;

    public static async Task<SoakLoad> StartAsync(HelmCluster cluster) => new(await DaskClient.ConnectAsync(cluster.SchedulerAddress!));

    public async Task SubmitAsync(double seconds, IReadOnlyDictionary<string, double> resources) => _futures.Add(
        await _dask.SubmitAsync<JsonElement>(Work, [TopicOf(_futures.Count), _futures.Count, seconds, ResultSize], resources.Count == 0 ? null : new TaskOptions { Resources = resources }));

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
    /// <exception cref="InvalidOperationException">The scheduler has forgotten some, so that they cannot be counted.</exception>
    public async Task<(int Runs, int Recomputed)> CountRunsAsync()
    {
        List<DaskEvent> runs = [];
        foreach (string topic in Enumerable.Range(0, _futures.Count).Select(TopicOf).Distinct())
        {
            IReadOnlyList<DaskEvent> events = await _dask.GetEventsAsync(topic);
            if (events.Count >= EventsKept)
            {
                throw new InvalidOperationException(
                    $"The runs cannot be counted: {TasksPerTopic} tasks have left {events.Count} events, and the scheduler may have dropped earlier ones (distributed.admin.low-level-log-length).");
            }

            runs.AddRange(events);
        }

        foreach (IGrouping<int, DaskEvent> twice in runs.GroupBy(static r => r.Data.GetInt32()).Where(static g => g.Count() > 1))
        {
            Console.WriteLine($"task {twice.Key} ran {string.Join(" and ", twice.Select(static e => $"at {e.Time:HH:mm:ss.fff}"))}");
        }

        int[] ran = [.. runs.Select(static r => r.Data.GetInt32()).Distinct()];
        int[] unseen = [.. Enumerable.Range(0, _futures.Count).Except(ran)];
        return unseen.Length == 0
            ? (runs.Count, runs.Count - ran.Length)
            : throw new InvalidOperationException(
                $"The runs cannot be counted: the scheduler has no event of {unseen.Length} of {_futures.Count} tasks (the first is task {unseen[0]}). " +
                "It keeps too few (distributed.admin.low-level-log-length), was restarted, or takes none of workers.");
    }

    public ValueTask DisposeAsync() => _dask.DisposeAsync();

    private string TopicOf(int task) => $"{_topic}-{task / TasksPerTopic}";

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
