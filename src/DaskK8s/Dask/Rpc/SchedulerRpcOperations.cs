using System.Text.Json;

using DaskK8s.Dask.Protocol;

namespace DaskK8s.Dask.Rpc;

/// <summary>Holds the operations of a scheduler that this library uses, as typed methods.</summary>
internal static class SchedulerRpcOperations
{
    /// <summary>The number of workers up to which all of them are told of with the scheduler itself.</summary>
    private const int FewWorkers = 64;

    /// <summary>Reads the scheduler and all its workers; <see cref="SchedulerInfo.Version"/> stays null.</summary>
    public static Task<SchedulerInfo> IdentityAsync(this SchedulerRpc rpc, CancellationToken cancellationToken) =>
        rpc.CallAsync(new RpcCall("identity") { Idempotent = true }, IdentityDecoder.Decode, cancellationToken);

    /// <summary>Reads the scheduler, and its workers where they are few: an answer whose size does not depend on how many there are.</summary>
    /// <remarks>
    /// A function of ours counts them first. From 2025.4 on <c>identity</c> takes the number of workers to tell of, but a scheduler before that writes a
    /// traceback into its log when it is asked so.
    /// </remarks>
    public static async Task<SchedulerInfo> SummaryAsync(this SchedulerRpc rpc, CancellationToken cancellationToken) =>
        await rpc.CountAsync(cancellationToken).ConfigureAwait(false) is { WorkerCount: > FewWorkers } totals
            ? totals
            : await rpc.IdentityAsync(cancellationToken).ConfigureAwait(false);

    /// <summary>Reads the scheduler and the numbers of its workers by a function of ours; null where that gives no answer.</summary>
    private static async Task<SchedulerInfo?> CountAsync(this SchedulerRpc rpc, CancellationToken cancellationToken)
    {
        try
        {
            JsonElement totals = await SchedulerModule.Workers.CallAsync(rpc, [], null, cancellationToken).ConfigureAwait(false);
            return new SchedulerInfo
            {
                Id = totals.GetProperty("id").GetString() ?? "",
                Address = totals.GetProperty("address").GetString() ?? "",
                Type = totals.GetProperty("type").GetString() ?? "Scheduler",
                Services = totals.GetProperty("services").EnumerateObject().ToDictionary(static s => s.Name, static s => s.Value.GetInt32(), StringComparer.Ordinal),
                Started = DateTimeOffset.UnixEpoch.AddSeconds(totals.GetProperty("started").GetDouble()),
                WorkerCount = totals.GetProperty("n_workers").GetInt32(),
                TotalThreads = totals.GetProperty("total_threads").GetInt64(),
                TotalMemory = totals.GetProperty("total_memory").GetInt64(),
            };
        }
        catch (Exception e) when (e is DaskRpcException or DaskProtocolException or KeyNotFoundException or InvalidOperationException or FormatException or ArgumentException)
        {
            // Functions are blocked, or it answers otherwise: 'identity' tells all, if at more cost.
            return null;
        }
    }

    /// <summary>Reads the versions of the packages on the scheduler: <c>distributed</c> → 2024.12.1.</summary>
    public static async Task<IReadOnlyDictionary<string, string?>> VersionsAsync(this SchedulerRpc rpc, CancellationToken cancellationToken)
    {
        object? reply = await rpc.CallAsync(new RpcCall("versions") { Idempotent = true }, cancellationToken).ConfigureAwait(false);
        return Map(reply, "versions").GetValueOrDefault("packages") is Dictionary<string, object?> packages
            ? packages.ToDictionary(p => p.Key, p => p.Value as string)
            : throw new DaskProtocolException("The answer to 'versions' lists no packages.");
    }

    /// <summary>Reads the scheduler's version of Dask, or gives null where it does not tell (operations can be blocked): nothing depends on it.</summary>
    public static async Task<string?> VersionAsync(this SchedulerRpc rpc, CancellationToken cancellationToken)
    {
        try
        {
            return (await rpc.VersionsAsync(cancellationToken).ConfigureAwait(false)).GetValueOrDefault("distributed");
        }
        catch (Exception e) when (e is DaskRpcException or DaskProtocolException)
        {
            return null;
        }
    }

    /// <summary>Moves the data off workers and retires them.</summary>
    /// <param name="rpc">The scheduler.</param>
    /// <param name="workers">Their addresses.</param>
    /// <param name="remove">Whether the scheduler forgets them; else they stay, taking no new tasks.</param>
    /// <param name="closeWorkers">Whether their processes (and nannies) are ended.</param>
    /// <param name="timeout">The time for their data to be moved.</param>
    /// <param name="cancellationToken">Ends the wait; the scheduler goes on.</param>
    /// <returns>The addresses of those retired: one that is missing could not be drained.</returns>
    public static async Task<IReadOnlyList<string>> RetireWorkersAsync(
        this SchedulerRpc rpc,
        IReadOnlyCollection<string> workers,
        bool remove,
        bool closeWorkers,
        TimeSpan timeout,
        CancellationToken cancellationToken)
    {
        RpcCall call = new("retire_workers")
        {
            Arguments = new Dictionary<string, object?>
            {
                ["workers"] = workers.ToArray(),
                ["remove"] = remove,
                ["close_workers"] = closeWorkers,
            },
            Timeout = timeout,
        };
        object? reply = await rpc.CallAsync(call, cancellationToken).ConfigureAwait(false);
        return [.. Map(reply, call.Operation).Keys];
    }

    /// <summary>Asks how many workers the tasks at hand call for, in the whole cluster.</summary>
    public static async Task<int> AdaptiveTargetAsync(this SchedulerRpc rpc, TimeSpan? targetDuration, CancellationToken cancellationToken)
    {
        RpcCall call = new("adaptive_target")
        {
            Arguments = targetDuration is { } duration
                ? new Dictionary<string, object?> { ["target_duration"] = duration.TotalSeconds }
                : new Dictionary<string, object?>(),
            Idempotent = true,
        };
        object? reply = await rpc.CallAsync(call, cancellationToken).ConfigureAwait(false);
        return reply is long number ? (int)Math.Clamp(number, 0, int.MaxValue) : throw Unexpected(call.Operation);
    }

    /// <summary>Reads which workers hold the results of keys (of all, where none are named).</summary>
    public static Task<IReadOnlyDictionary<string, IReadOnlyList<string>>> WhoHasAsync(
        this SchedulerRpc rpc, IReadOnlyCollection<string>? keys, CancellationToken cancellationToken) =>
        rpc.ListsAsync("who_has", Optional("keys", keys), cancellationToken);

    /// <summary>Reads which results workers hold (all of them, where none are named).</summary>
    public static Task<IReadOnlyDictionary<string, IReadOnlyList<string>>> HasWhatAsync(
        this SchedulerRpc rpc, IReadOnlyCollection<string>? workers, CancellationToken cancellationToken) =>
        rpc.ListsAsync("has_what", Optional("workers", workers), cancellationToken);

    /// <summary>Reads the sizes of results in bytes, by key.</summary>
    public static async Task<IReadOnlyDictionary<string, long>> BytesAsync(
        this SchedulerRpc rpc, IReadOnlyCollection<string>? keys, CancellationToken cancellationToken)
    {
        Dictionary<string, object?> arguments = new(Optional("keys", keys)) { ["summary"] = false };
        RpcCall call = new("nbytes") { Arguments = arguments, Idempotent = true };
        object? reply = await rpc.CallAsync(call, cancellationToken).ConfigureAwait(false);
        return Map(reply, call.Operation).ToDictionary(
            p => p.Key, p => p.Value is long number ? number : throw Unexpected(call.Operation));
    }

    /// <summary>Sends a message to workers and gives each one's answer by its address.</summary>
    public static async Task<IReadOnlyDictionary<string, object?>> BroadcastAsync(
        this SchedulerRpc rpc,
        IReadOnlyDictionary<string, object?> message,
        IReadOnlyCollection<string>? workers,
        TimeSpan? timeout,
        CancellationToken cancellationToken)
    {
        RpcCall call = new("broadcast")
        {
            Arguments = new Dictionary<string, object?>(Optional("workers", workers)) { ["msg"] = message },
            Timeout = timeout,
            PlainReply = true,
        };
        return Map(await rpc.CallAsync(call, cancellationToken).ConfigureAwait(false), call.Operation);
    }

    /// <summary>Runs a pickled function on the scheduler.</summary>
    /// <param name="rpc">The scheduler.</param>
    /// <param name="function">The function as a pickle.</param>
    /// <param name="arguments">A tuple as a pickle; null for none.</param>
    /// <param name="timeout">The time for the answer.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>What the function returned.</returns>
    /// <exception cref="DaskRpcException">The function raised, or the scheduler allows none.</exception>
    public static async Task<object?> RunFunctionAsync(
        this SchedulerRpc rpc, byte[] function, byte[]? arguments, TimeSpan? timeout, CancellationToken cancellationToken)
    {
        RpcCall call = new("run_function")
        {
            Arguments = new Dictionary<string, object?>
            {
                ["function"] = function,
                ["args"] = arguments ?? (object)Array.Empty<object?>(),
                ["wait"] = true,
            },
            Timeout = timeout,
            PlainReply = true,
        };
        object? reply = await rpc.CallAsync(call, cancellationToken).ConfigureAwait(false);
        return Map(reply, call.Operation).GetValueOrDefault("result") is SerializedValue result
            ? result.Open()
            : throw Unexpected(call.Operation);
    }

    private static async Task<IReadOnlyDictionary<string, IReadOnlyList<string>>> ListsAsync(
        this SchedulerRpc rpc, string operation, IReadOnlyDictionary<string, object?> arguments, CancellationToken cancellationToken)
    {
        RpcCall call = new(operation) { Arguments = arguments, Idempotent = true };
        object? reply = await rpc.CallAsync(call, cancellationToken).ConfigureAwait(false);
        return Map(reply, operation).ToDictionary(
            p => p.Key,
            p => p.Value is object?[] list ? (IReadOnlyList<string>)[.. list.OfType<string>()] : []);
    }

    private static Dictionary<string, object?> Optional(string name, IReadOnlyCollection<string>? values) =>
        values is null ? [] : new Dictionary<string, object?> { [name] = values.ToArray() };

    private static Dictionary<string, object?> Map(object? reply, string operation) =>
        reply as Dictionary<string, object?> ?? throw Unexpected(operation);

    private static DaskProtocolException Unexpected(string operation) =>
        new($"The scheduler's answer to '{operation}' has an unexpected form: its version of Dask may not know the operation.");
}
