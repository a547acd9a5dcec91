using System.Text.Json;

using DaskK8s.Dask.Protocol;

namespace DaskK8s.Dask.Rpc;

/// <summary>The scheduler operations for logs, events and restarts.</summary>
internal static class SchedulerRpcDiagnostics
{
    /// <summary>Restarts all workers.</summary>
    public static Task RestartAsync(
        this SchedulerRpc rpc, TimeSpan timeout, bool waitForWorkers, bool needsStimulus, CancellationToken cancellationToken)
    {
        Dictionary<string, object?> arguments = new() { ["timeout"] = timeout.TotalSeconds, ["wait_for_workers"] = waitForWorkers };
        if (needsStimulus)
        {
            arguments["stimulus_id"] = "daskk8s-restart-" + Guid.NewGuid().ToString("N");
        }

        return rpc.CallAsync(
            new RpcCall("restart") { Arguments = arguments, Timeout = timeout + TimeSpan.FromSeconds(30) }, cancellationToken);
    }

    /// <summary>Reads the scheduler's log, oldest line first.</summary>
    public static async Task<IReadOnlyList<DaskLogEntry>> LogAsync(
        this SchedulerRpc rpc, int? count, bool newestFirst, CancellationToken cancellationToken)
    {
        object? reply = await rpc.CallAsync(
            new RpcCall("get_logs") { Arguments = new Dictionary<string, object?> { ["n"] = count }, Idempotent = true }, cancellationToken)
            .ConfigureAwait(false);
        return Lines(reply, newestFirst);
    }

    /// <summary>Reads workers' logs, oldest line first.</summary>
    public static async Task<IReadOnlyDictionary<string, IReadOnlyList<DaskLogEntry>>> WorkerLogsAsync(
        this SchedulerRpc rpc, IReadOnlyCollection<string>? workers, int? count, bool newestFirst, CancellationToken cancellationToken)
    {
        RpcCall call = new("worker_logs")
        {
            Arguments = new Dictionary<string, object?> { ["n"] = count, ["workers"] = workers?.ToArray(), ["nanny"] = false },
            Idempotent = true,
        };
        object? reply = await rpc.CallAsync(call, cancellationToken).ConfigureAwait(false);
        return reply is Dictionary<string, object?> map
            ? map.ToDictionary(p => p.Key, p => Lines(p.Value, newestFirst))
            : throw new DaskProtocolException("The scheduler's answer to 'worker_logs' has an unexpected form.");
    }

    /// <summary>Reads the events of a topic.</summary>
    public static async Task<IReadOnlyList<DaskEvent>> EventsAsync(this SchedulerRpc rpc, string topic, CancellationToken cancellationToken)
    {
        RpcCall call = new("events") { Arguments = new Dictionary<string, object?> { ["topic"] = topic }, Idempotent = true };
        if (await rpc.CallAsync(call, cancellationToken).ConfigureAwait(false) is not object?[] events)
        {
            return [];
        }

        return [.. events.OfType<object?[]>().Where(e => e.Length == 2).Select(e => new DaskEvent(
            ToTime(e[0]), ToElement(Plain(e[1]))))];
    }

    private static DateTimeOffset ToTime(object? time) => time switch
    {
        double and > 0 and < 253402300799 => DateTimeOffset.UnixEpoch.AddSeconds((double)time),
        long and > 0 and < 253402300799 => DateTimeOffset.UnixEpoch.AddSeconds((long)time),
        _ => DateTimeOffset.UnixEpoch,
    };

    private static JsonElement ToElement(object? data)
    {
        try
        {
            return JsonSerializer.SerializeToElement(data, PythonJson.Options);
        }
        catch (JsonException e)
        {
            throw new DaskProtocolException($"An event of the scheduler could not be read: {e.Message}", e);
        }
    }

    /// <summary>Logs an event.</summary>
    public static Task LogEventAsync(this SchedulerRpc rpc, string topic, object? data, CancellationToken cancellationToken) =>
        rpc.CallAsync(
            new RpcCall("log_event")
            {
                Arguments = new Dictionary<string, object?>
                {
                    ["topic"] = topic,
                    ["msg"] = data,
                },
            },
            cancellationToken);

    private static IReadOnlyList<DaskLogEntry> Lines(object? reply, bool newestFirst)
    {
        if (reply is not object?[] lines)
        {
            return [];
        }

        IEnumerable<DaskLogEntry> entries = lines.OfType<object?[]>()
            .Where(l => l.Length == 2)
            .Select(l => new DaskLogEntry(l[0] as string ?? string.Empty, l[1] as string ?? string.Empty));
        return [.. newestFirst ? entries.Reverse() : entries];
    }

    private static object? Plain(object? value) => value switch
    {
        SerializedValue or PickledValue => null,
        object?[] list => Array.ConvertAll(list, Plain),
        Dictionary<string, object?> map => map.ToDictionary(p => p.Key, p => Plain(p.Value)),
        _ => value,
    };
}
