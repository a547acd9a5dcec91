using System.Security.Cryptography;

using DaskK8s.Common;
using DaskK8s.Dask;
using DaskK8s.Dask.Arrays;
using DaskK8s.Dask.Data;
using DaskK8s.Dask.Tasks;

namespace DaskK8s;

public sealed partial class DaskClient
{
    private const int MaxTransfers = 5;

    /// <summary>Sends a value to a worker once, so that tasks can use it without sending it again.</summary>
    /// <remarks>
    /// Arrays of numbers and <see cref="DaskArray{T}"/> become NumPy arrays. Formats of <see cref="DaskClientOptions.Formats"/> convert their values. Other values
    /// are converted like task arguments. Large values are sent in pieces. A scattered value is not recomputed if its last worker is lost.
    /// </remarks>
    /// <typeparam name="T">The type of the value, and of the future's result.</typeparam>
    /// <param name="value">The value; it must not contain futures.</param>
    /// <param name="options">The workers to send it to; null for any worker.</param>
    /// <param name="progress">Receives the number of transferred bytes; null to ignore it.</param>
    /// <param name="cancellationToken">Cancels the transfer.</param>
    /// <returns>The future of the value, which can be an argument of tasks.</returns>
    /// <exception cref="ArgumentException">The value cannot be converted, or the options name no workers or an unknown group.</exception>
    /// <exception cref="DaskNoWorkerException">No suitable worker is connected.</exception>
    /// <exception cref="DaskTransferException">Workers were lost during the transfer, or could not create the value.</exception>
    /// <exception cref="DaskRpcException">The scheduler is configured not to run clients' functions.</exception>
    public async Task<DaskFuture<T>> ScatterAsync<T>(
        T value, ScatterOptions? options = null, IProgress<DaskTransferProgress>? progress = null, CancellationToken cancellationToken = default)
    {
        _life.ThrowIfEnded();
        options ??= new ScatterOptions();
        TaskOptions place = new() { Workers = options.Workers, WorkerGroup = options.WorkerGroup };
        place.Validate();
        ScatterContent content = NewContent(value);
        IReadOnlyList<string>? workers = await PlaceAsync(place, cancellationToken).ConfigureAwait(false);
        return await GuardedProgress<DaskTransferProgress>.RunAsync(
            progress,
            (guarded, ended) => _life.RunAsync(
                async token =>
                {
                    string key = options.Key ?? $"scatter-{(options.Hash ? await HashAsync(content, token).ConfigureAwait(false) : Guid.NewGuid().ToString("N"))}";
                    if (!await new Scattering(_rpc).SendAsync(Session.Id, key, content, workers, options.Broadcast, guarded, token).ConfigureAwait(false))
                    {
                        throw new DaskNoWorkerException(
                            key, "There is no worker to scatter to, or none of the named workers exists. Scale a group first, or wait for its workers.", WorkerInfo.NoResources);
                    }

                    guarded?.ThrowIfFailed();
                    TaskEntry[] entries = await Session.HoldAsync([key], "a scattered value cannot be computed again", token).ConfigureAwait(false);
                    return new DaskFuture<T>(this, entries[0]);
                },
                ended),
            cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Waits for a task and fetches its result, reporting the transfer's progress.</summary>
    internal Task<T> ResultAsync<T>(
        TaskEntry entry, IProgress<DaskTransferProgress> progress, TimeSpan? timeout, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(progress);
        _life.ThrowIfEnded();
        return GuardedProgress<DaskTransferProgress>.RunAsync(
            progress,
            async (guarded, ended) =>
            {
                T result = await MeasureAsync(1, () => FetchOneAsync<T>(entry, timeout, _json, ended, guarded)).ConfigureAwait(false);
                guarded?.ThrowIfFailed();
                return result;
            },
            cancellationToken);
    }

    /// <summary>Receives a result that a worker offered; starts over if the worker is lost during the transfer.</summary>
    private async Task<T> ReceiveAsync<T>(
        TaskEntry entry, ResultRequest request, ResultOffer offer, IProgress<DaskTransferProgress>? progress, CancellationToken cancellationToken)
    {
        for (int tries = 1; ; tries++)
        {
            try
            {
                // A stream is read when this call is over, whatever becomes of the future meanwhile.
                return await new ResultTransfer(_rpc, Refusal)
                    .ReadAsync<T>(entry.Key, request, offer, ResultRequest.IsStream(typeof(T)) ? () => Retain(entry) : null, progress, cancellationToken).ConfigureAwait(false);
            }
            catch (DaskK8sException e) when (tries < MaxTransfers && MayComeBack(entry, e))
            {
                await _fetcher.FetchAsync(
                    [entry], request, FinishAsync, static (_, _, _) => { }, (_, anew) => offer = anew, cancellationToken).ConfigureAwait(false);
            }
        }
    }

    /// <summary>Takes one more reference to a task; null where nobody holds it any more.</summary>
    private ResultLease? Retain(TaskEntry entry) => Session.Tasks.Retain(entry) ? new ResultLease(() => Release(entry)) : null;

    /// <summary>Returns the error of a partition that a worker could not give.</summary>
    private static DaskK8sException? Refusal(string key, object?[] told)
    {
        switch (told)
        {
            case ["form", string type, string reason]:
                return ResultFetcher.Refused(key, type, reason, formed: true);
            case ["task", string exception, string traceback]:
                PythonError error = PythonError.Parse(exception, traceback);
                return new DaskTaskException(
                    key, $"A partition of the result of task '{key}' failed with {error.Type}: {error.Message}", error.Type, error.Message, error.Traceback);
            default:
                return null;
        }
    }

    /// <summary>Determines whether a result can be fetched again: its worker was lost, or its scheduler was lost and its work is resubmitted.</summary>
    private static bool MayComeBack(TaskEntry entry, DaskK8sException error) => error is DaskTransferException
        || (entry.Kept is not null && error is SchedulerUnreachableException { IsGone: false } or DaskRpcException { PythonException: null });

    private ScatterContent NewContent(object? value)
    {
        if (value?.GetType() != typeof(byte[]) && PlainArray.Of(value) is { } array)
        {
            return new ScatterContent(
                new() { ["kind"] = "array", ["dtype"] = array.Element.DType, ["shape"] = array.Shape.Select(static l => (object?)(long)l).ToArray() },
                array.Length,
                (stream, token) => CopyAsync(array, stream, token));
        }

        if (value is not null && PythonArguments.FormatOf(value, _options.Formats) is { } found)
        {
            return new ScatterContent(PythonArguments.How(found.Format, found.Target), 0, (stream, token) => found.Format.WriteAsync(value, stream, token));
        }

        (byte[] pickle, IReadOnlyList<DaskFuture> needs) = PythonArguments.Write([value], null, _json, _options.Formats);
        return needs.Count == 0
            ? new ScatterContent(new() { ["kind"] = "pickle" }, pickle.Length, (stream, token) => stream.WriteAsync(pickle, token))
            : throw new ArgumentException($"The future '{needs[0].Key}' cannot be part of a scattered value: only tasks receive results.", nameof(value));
    }

    private static async ValueTask CopyAsync(IShapedBytes array, Stream stream, CancellationToken cancellationToken)
    {
        byte[] buffer = new byte[Math.Min(array.Length, 1 << 20)];
        for (long offset = 0; offset < array.Length; offset += buffer.Length)
        {
            Memory<byte> part = buffer.AsMemory(0, (int)Math.Min(buffer.Length, array.Length - offset));
            array.Copy(offset, part.Span);
            await stream.WriteAsync(part, cancellationToken).ConfigureAwait(false);
        }
    }

    private static async Task<string> HashAsync(ScatterContent content, CancellationToken cancellationToken)
    {
        using SHA256 hash = SHA256.Create();
        CryptoStream stream = new(Stream.Null, hash, CryptoStreamMode.Write);
        await using (stream.ConfigureAwait(false))
        {
            string how = string.Join(';', content.How.Select(static h => $"{h.Key}={(h.Value is object?[] list ? string.Join(',', list) : h.Value)}"));
            await stream.WriteAsync(System.Text.Encoding.UTF8.GetBytes(how + '\0'), cancellationToken).ConfigureAwait(false);
            await content.WriteAsync(stream, cancellationToken).ConfigureAwait(false);
            await stream.FlushFinalBlockAsync(cancellationToken).ConfigureAwait(false);
        }

        return Convert.ToHexStringLower(hash.Hash!)[..32];
    }
}
