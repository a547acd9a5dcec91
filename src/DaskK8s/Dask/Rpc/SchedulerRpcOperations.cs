using System.Text.Json;

using DaskK8s.Dask.Protocol;

namespace DaskK8s.Dask.Rpc;

/// <summary>The scheduler operations that this library uses, as typed methods.</summary>
internal static class SchedulerRpcOperations
{
    /// <summary>The maximum number of workers that are read together with the scheduler.</summary>
    private const int FewWorkers = 64;

    /// <summary>Reads the scheduler and all its workers; <see cref="SchedulerInfo.Version"/> stays null.</summary>
    public static Task<SchedulerInfo> IdentityAsync(this SchedulerRpc rpc, CancellationToken cancellationToken) =>
        rpc.CallAsync(new RpcCall("identity") { Idempotent = true }, IdentityDecoder.Decode, cancellationToken);

    /// <summary>Reads the scheduler, and its workers if there are few, so that the answer's size is bounded.</summary>
    /// <remarks>
    /// A function of this library counts them first. <c>identity</c> accepts a maximum number of workers since 2025.4, but an older scheduler writes a
    /// traceback to its log if it receives one.
    /// </remarks>
    public static async Task<SchedulerInfo> SummaryAsync(this SchedulerRpc rpc, CancellationToken cancellationToken) =>
        await rpc.CountAsync(cancellationToken).ConfigureAwait(false) is { WorkerCount: > FewWorkers } totals
            ? totals
            : await rpc.IdentityAsync(cancellationToken).ConfigureAwait(false);

    /// <summary>Reads the scheduler and its number of workers with a function of this library; null if that fails.</summary>
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
    /// <param name="workers">The workers' addresses.</param>
    /// <param name="remove">Whether the scheduler removes them; otherwise they stay, but accept no new tasks.</param>
    /// <param name="closeWorkers">Whether to stop their processes (and nannies).</param>
    /// <param name="timeout">The time limit for moving their data.</param>
    /// <param name="cancellationToken">Cancels the wait; the scheduler continues.</param>
    /// <returns>The addresses of the retired workers; a missing worker could not be drained.</returns>
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

    /// <summary>Reads how many workers the outstanding work requires in the whole cluster.</summary>
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

    /// <summary>Reads which workers hold the results of keys (of all keys if none are given).</summary>
    public static Task<IReadOnlyDictionary<string, IReadOnlyList<string>>> WhoHasAsync(
        this SchedulerRpc rpc, IReadOnlyCollection<string>? keys, CancellationToken cancellationToken) =>
        rpc.ListsAsync("who_has", Optional("keys", keys), cancellationToken);

    /// <summary>Reads which results workers hold (all workers if none are given).</summary>
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

    /// <summary>Sends a message to workers and returns their answers by address.</summary>
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
    /// <param name="timeout">The time limit for the answer.</param>
    /// <param name="cancellationToken">Cancels the wait.</param>
    /// <returns>The function's result.</returns>
    /// <exception cref="DaskRpcException">The function raised an exception, or the scheduler does not run functions.</exception>
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
