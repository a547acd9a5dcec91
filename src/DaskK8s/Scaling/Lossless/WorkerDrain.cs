using System.Text.Json;
using System.Text.Json.Nodes;

using DaskK8s.Dask.Protocol;
using DaskK8s.Dask.Rpc;

using Microsoft.Extensions.Logging;

namespace DaskK8s.Scaling.Lossless;

/// <summary>Drains workers of a scheduler, and restores them.</summary>
/// <remarks>
/// Uses the module <c>retirement.py</c> on the scheduler. If the scheduler does not run functions, uses its <c>retire_workers</c>, which
/// neither waits for running tasks nor undoes anything, so this class does both.
/// </remarks>
internal sealed class WorkerDrain(SchedulerRpc rpc, TimeProvider time, ILogger logger)
{
    private static readonly TimeSpan Poll = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan PlainPoll = TimeSpan.FromMilliseconds(200);
    private bool _isBlocked;

    /// <summary>Gets whether the scheduler refuses to run functions.</summary>
    public bool IsBlocked => _isBlocked;

    /// <summary>Reads the workers on the given hosts.</summary>
    /// <param name="id">The id of the scale-down, whose drained workers are kept drained for longer.</param>
    /// <param name="hosts">The pods' addresses.</param>
    /// <param name="keepOut">The hosts of leaving pods, where new workers receive no tasks, and how long one can still connect from each.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <returns>The workers, and the number of other workers that could take their data.</returns>
    public async Task<(IReadOnlyList<WorkerLoad> Workers, int Others)> LookAsync(
        string id, IReadOnlyCollection<string> hosts, IReadOnlyDictionary<string, TimeSpan> keepOut, CancellationToken cancellationToken)
    {
        JsonObject spec = new() { ["id"] = id, ["hosts"] = ToArray(hosts), ["keep_out"] = new JsonObject(keepOut.Select(static k => KeyValuePair.Create(k.Key, (JsonNode?)k.Value.TotalSeconds))) };
        if (await TryCallAsync("look", spec, null, cancellationToken).ConfigureAwait(false) is { } answer)
        {
            return ([.. answer.GetProperty("workers").EnumerateObject().Select(ToLoad)], answer.GetProperty("others").GetInt32());
        }

        SchedulerInfo info = await rpc.IdentityAsync(cancellationToken).ConfigureAwait(false);
        HashSet<string> wanted = [.. hosts];
        WorkerLoad[] loads = [.. info.Workers.Where(w => wanted.Contains(w.Host)).Select(ToLoad)];
        return (loads, info.Workers.Count(w => w.Status == "running" && !wanted.Contains(w.Host)));
    }

    /// <summary>Checks that other workers could take all results if the workers of the given pods left.</summary>
    /// <exception cref="HomelessResultsException">Some results could not be moved to other workers.</exception>
    public async Task CheckAsync(IReadOnlyDictionary<string, IReadOnlyList<string>> pods, CancellationToken cancellationToken)
    {
        if (await TryCallAsync("check", new JsonObject { ["pods"] = ToMap(pods) }, null, cancellationToken).ConfigureAwait(false) is { } answer)
        {
            ThrowIfHomeless(answer.GetProperty("homeless").GetInt32());
            return;
        }

        string[] all = [.. pods.Values.SelectMany(static a => a)];
        SchedulerInfo info = await rpc.IdentityAsync(cancellationToken).ConfigureAwait(false);
        if (!info.Workers.Any(w => w.Status == "running" && !all.Contains(w.Address)))
        {
            ThrowIfHomeless(info.Workers.Where(w => all.Contains(w.Address)).Sum(static w => w.Tasks.InMemory));
        }
    }

    /// <summary>Drains the workers of the given pods.</summary>
    /// <param name="id">The id of this drain; a repeated call with it continues the same drain.</param>
    /// <param name="pods">The addresses of the workers, by their pod's uid.</param>
    /// <param name="limit">The time limit.</param>
    /// <param name="cancellationToken">Cancels the wait; <see cref="ReleaseAsync"/> undoes a started drain.</param>
    /// <returns>The outcome.</returns>
    /// <exception cref="HomelessResultsException">Some results could not be moved to other workers; nothing was started.</exception>
    public async Task<DrainReport> DrainAsync(
        string id, IReadOnlyDictionary<string, IReadOnlyList<string>> pods, TimeSpan limit, CancellationToken cancellationToken)
    {
        if (pods.Values.All(static addresses => addresses.Count == 0))
        {
            return new DrainReport([.. pods.Keys], new Dictionary<string, string>(), 0);
        }

        JsonObject byPod = ToMap(pods);
        while (!_isBlocked)
        {
            JsonObject spec = new() { ["id"] = id, ["pods"] = byPod.DeepClone(), ["seconds"] = limit.TotalSeconds, ["poll"] = Poll.TotalSeconds };
            if (await TryCallAsync("drain", spec, Poll + TimeSpan.FromSeconds(30), cancellationToken).ConfigureAwait(false) is not { } answer)
            {
                break;
            }

            if (answer.TryGetProperty("refused", out JsonElement refused))
            {
                ThrowIfHomeless(refused.GetInt32());
            }

            if (answer.TryGetProperty("drained", out JsonElement drained))
            {
                return new DrainReport(
                    [.. drained.EnumerateArray().Select(static e => e.GetString()!)],
                    answer.GetProperty("failed").EnumerateObject().ToDictionary(static p => p.Name, static p => p.Value.GetString()!),
                    answer.GetProperty("moved").GetInt32());
            }
        }

        return await DrainPlainlyAsync(pods, limit, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Ends a drain: leaving workers stay retired, the others accept tasks again.</summary>
    /// <param name="id">The id of the scale-down.</param>
    /// <param name="leaving">The leaving workers.</param>
    /// <param name="restore">The staying workers.</param>
    /// <param name="stayingHosts">The addresses of the staying pods: workers that have since connected from them accept tasks too.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <returns>True if the staying workers could be restored.</returns>
    public async Task<bool> ReleaseAsync(
        string id, IReadOnlyCollection<string> leaving, IReadOnlyCollection<string> restore, IReadOnlyCollection<string> stayingHosts, CancellationToken cancellationToken)
    {
        JsonObject spec = new() { ["id"] = id, ["leaving"] = ToArray(leaving), ["restore"] = ToArray(restore), ["staying"] = ToArray(stayingHosts) };
        if (await TryCallAsync("release", spec, null, cancellationToken).ConfigureAwait(false) is not null)
        {
            return true;
        }

        return restore.Count == 0 || await RestoreOnWorkersAsync(restore, cancellationToken).ConfigureAwait(false);
    }

    private static JsonArray ToArray(IEnumerable<string> texts) => [.. texts.Select(static t => JsonValue.Create(t))];

    private static JsonObject ToMap(IReadOnlyDictionary<string, IReadOnlyList<string>> pods) =>
        new(pods.Select(static p => KeyValuePair.Create(p.Key, (JsonNode?)ToArray(p.Value))));

    private static void ThrowIfHomeless(int keys)
    {
        if (keys > 0)
        {
            throw new HomelessResultsException(keys);
        }
    }

    private static WorkerLoad ToLoad(JsonProperty worker) => new(
        worker.Name,
        worker.Value.GetProperty("host").GetString()!,
        worker.Value.GetProperty("status").GetString()!,
        worker.Value.GetProperty("processing").GetInt32(),
        worker.Value.GetProperty("occupancy").GetDouble(),
        worker.Value.GetProperty("nbytes").GetInt64(),
        worker.Value.GetProperty("held").GetBoolean(),
        worker.Value.GetProperty("mine").GetBoolean());

    private static WorkerLoad ToLoad(WorkerInfo worker)
    {
        WorkerTaskCounts tasks = worker.Tasks;
        int processing = tasks.Executing + tasks.LongRunning + tasks.Ready + tasks.Constrained + tasks.Waiting;
        return new WorkerLoad(worker.Address, worker.Host, worker.Status, processing, processing, worker.MemoryUsed, IsHeld: false, IsMine: true);
    }

    private async Task<JsonElement?> TryCallAsync(string verb, JsonObject spec, TimeSpan? timeout, CancellationToken cancellationToken)
    {
        if (_isBlocked)
        {
            return null;
        }

        spec["do"] = verb;
        try
        {
            return await SchedulerModule.Retirement.CallAsync(rpc, spec, timeout, cancellationToken).ConfigureAwait(false);
        }
        catch (DaskRpcException e) when (SchedulerModule.IsBlocked(e))
        {
            _isBlocked = true;
            ScalingLog.ScriptBlocked(logger, "distributed.scheduler.pickle is false, or run_function is among the blocked handlers");
            return null;
        }
    }

    /// <summary>Retires workers, waits until they run nothing (according to heartbeats), and retires them again for remaining results.</summary>
    private async Task<DrainReport> DrainPlainlyAsync(
        IReadOnlyDictionary<string, IReadOnlyList<string>> pods, TimeSpan limit, CancellationToken cancellationToken)
    {
        long start = time.GetTimestamp();
        string[] all = [.. pods.Values.SelectMany(static a => a)];
        SchedulerInfo before = await rpc.IdentityAsync(cancellationToken).ConfigureAwait(false);
        int held = before.Workers.Where(w => all.Contains(w.Address)).Sum(static w => w.Tasks.InMemory);
        HashSet<string> retired = [.. await rpc.RetireWorkersAsync(all, remove: false, closeWorkers: false, limit, cancellationToken).ConfigureAwait(false)];
        Dictionary<string, HashSet<DateTimeOffset>> heartbeats = retired.ToDictionary(static a => a, static _ => new HashSet<DateTimeOffset>());
        Dictionary<string, string> slow = [];
        bool IsBusy(WorkerInfo worker)
        {
            if (!heartbeats.TryGetValue(worker.Address, out HashSet<DateTimeOffset>? seen))
            {
                return false;
            }

            seen.Add(worker.LastSeen);
            return seen.Count < 3 || worker.Tasks.Executing + worker.Tasks.LongRunning > 0;
        }

        while (true)
        {
            // What a heartbeat tells may be older than the retirement: the second one since is not.
            SchedulerInfo info = await rpc.IdentityAsync(cancellationToken).ConfigureAwait(false);
            WorkerInfo[] busy = [.. info.Workers.Where(IsBusy)];
            if (busy.Length == 0)
            {
                break;
            }

            if (time.GetElapsedTime(start) >= limit)
            {
                slow = busy.ToDictionary(static w => w.Address, static w => FormattableString.Invariant($"{w.Tasks.Executing + w.Tasks.LongRunning} tasks were still running"));
                break;
            }

            await Task.Delay(PlainPoll, time, cancellationToken).ConfigureAwait(false);
        }

        HashSet<string> clean =
            [.. await rpc.RetireWorkersAsync([.. retired.Except(slow.Keys)], remove: false, closeWorkers: false, limit, cancellationToken).ConfigureAwait(false)];
        Dictionary<string, string> failed = pods
            .Where(p => p.Value.Any(a => !clean.Contains(a) && before.Workers.Any(w => w.Address == a)))
            .ToDictionary(static p => p.Key, p => p.Value.Select(slow.GetValueOrDefault).FirstOrDefault(static r => r is not null) ?? "no other worker could take its data");
        await RestoreOnWorkersAsync([.. failed.Keys.SelectMany(pod => pods[pod])], cancellationToken).ConfigureAwait(false);
        return new DrainReport([.. pods.Keys.Except(failed.Keys)], failed, held);
    }

    /// <summary>Restores retired workers from inside their own processes; they notify the scheduler themselves.</summary>
    private async Task<bool> RestoreOnWorkersAsync(IReadOnlyCollection<string> addresses, CancellationToken cancellationToken)
    {
        if (addresses.Count == 0)
        {
            return true;
        }

        const string Source = """
            import distributed.worker
            for worker in list(distributed.worker.Worker._instances):
                if worker.status.name == "closing_gracefully":
                    worker.status = type(worker.status).running
            """;
        PickleWriter arguments = new();
        arguments.BeginTuple();
        arguments.Text(Source);
        arguments.EndTuple();
        Dictionary<string, object?> message = new()
        {
            ["op"] = "run",
            ["function"] = PickleWriter.Global("builtins", "exec"),
            ["args"] = arguments.ToArray(),
            ["wait"] = true,
        };
        try
        {
            IReadOnlyDictionary<string, object?> answers = await rpc.BroadcastAsync(message, addresses, null, cancellationToken).ConfigureAwait(false);
            return addresses.All(a => answers.GetValueOrDefault(a) is Dictionary<string, object?> answer && answer.GetValueOrDefault("status") is "OK");
        }
        catch (DaskRpcException)
        {
            return false;
        }
    }
}
