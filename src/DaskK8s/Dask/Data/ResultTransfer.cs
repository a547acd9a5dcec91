using DaskK8s.Dask.Arrays;
using DaskK8s.Dask.Protocol;
using DaskK8s.Dask.Rpc;

namespace DaskK8s.Dask.Data;

/// <summary>Receives results that are not msgpack, or are sent in pieces.</summary>
/// <param name="rpc">The scheduler.</param>
/// <param name="refusal">Makes the error of what a worker tells instead of a piece; null where it tells nothing known.</param>
internal sealed class ResultTransfer(SchedulerRpc rpc, Func<string, object?[], DaskK8sException?> refusal)
{
    /// <summary>Reads a result that a worker offered.</summary>
    /// <param name="key">The task's key.</param>
    /// <param name="request">How the result was asked for.</param>
    /// <param name="offer">What the worker told.</param>
    /// <param name="retain">Takes a reference to the task for who reads its result when this call is over; null if nobody does.</param>
    /// <param name="progress">Is told the bytes.</param>
    /// <param name="cancellationToken">Cancels the transfer.</param>
    /// <exception cref="DaskTransferException">The worker is gone.</exception>
    /// <exception cref="DaskResultException">The result cannot be read as the type.</exception>
    public async Task<T> ReadAsync<T>(
        string key,
        ResultRequest request,
        ResultOffer offer,
        Func<ResultLease?>? retain,
        IProgress<DaskTransferProgress>? progress,
        CancellationToken cancellationToken)
    {
        DaskContent content = new(key, offer.Bytes, offer.Pieces, (index, token) => FetchAsync(key, index, request, offer, token), progress, offer.Parts is null ? retain : null);
        try
        {
            return (T)(request.Format is { } format
                ? await format.ReadAsync(typeof(T), content, cancellationToken).ConfigureAwait(false)
                : await ReadArrayAsync(typeof(T), offer, content, cancellationToken).ConfigureAwait(false));
        }
        catch (Exception e) when (e is InvalidCastException or OverflowException)
        {
            throw new DaskResultException(key, "numpy.ndarray", $"The result of task '{key}' cannot be read as {typeof(T)}: {e.Message}", e);
        }
    }

    private static async ValueTask<object> ReadArrayAsync(Type type, ResultOffer offer, DaskContent content, CancellationToken cancellationToken)
    {
        ArraySink sink = ArrayElement.Begin(type, offer.DType ?? string.Empty, offer.Shape);
        await foreach (ReadOnlyMemory<byte> piece in content.ReadPiecesAsync(cancellationToken).ConfigureAwait(false))
        {
            sink.Take(piece.Span);
        }

        return sink.End();
    }

    private async Task<ReadOnlyMemory<byte>> FetchAsync(string key, int index, ResultRequest request, ResultOffer offer, CancellationToken cancellationToken)
    {
        if (offer.Parts is { } parts)
        {
            return parts[index];
        }

        while (true)
        {
            Dictionary<string, object?> reply = await rpc
                .CallTransferAsync("piece", request.Tell(new() { ["key"] = key, ["index"] = (long)index }), cancellationToken).ConfigureAwait(false);
            switch (reply.GetValueOrDefault("piece"))
            {
                case SerializedValue piece:
                    return piece.OpenBytes();
                case object?[] and ["later"]:
                    // A partition that is still computed.
                    break;
                case object?[] and []:
                    return ReadOnlyMemory<byte>.Empty;
                case object?[] told when refusal(key, told) is { } refused:
                    throw refused;
                default:
                    throw new DaskTransferException(
                        key, $"The worker that held the result of task '{key}' was lost while it was fetched. Fetch it again: it is recomputed if needed.");
            }
        }
    }
}
