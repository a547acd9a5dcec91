using DaskK8s.Dask.Rpc;

namespace DaskK8s.Dask.Data;

/// <summary>A value to send to a worker.</summary>
/// <param name="How">How the worker creates it from its bytes (see <c>transfers.py</c>).</param>
/// <param name="Length">Its size in bytes; 0 if unknown.</param>
/// <param name="WriteAsync">Writes its bytes.</param>
internal sealed record ScatterContent(Dictionary<string, object?> How, long Length, Func<Stream, CancellationToken, ValueTask> WriteAsync);

/// <summary>Sends values to workers through the scheduler.</summary>
internal sealed class Scattering(SchedulerRpc rpc)
{
    private const int Tries = 4;

    /// <summary>Sends a value to a worker and registers its key with a session.</summary>
    /// <returns>False if no suitable worker is connected.</returns>
    /// <exception cref="DaskTransferException">Several workers in succession were lost during the transfer.</exception>
    public async Task<bool> SendAsync(
        string session,
        string key,
        ScatterContent content,
        IReadOnlyList<string>? workers,
        bool broadcast,
        IProgress<DaskTransferProgress>? progress,
        CancellationToken cancellationToken)
    {
        for (int tries = 1; ; tries++)
        {
            Dictionary<string, object?> place = await rpc.CallTransferAsync(
                "place", new() { ["key"] = key, ["workers"] = workers?.ToArray() }, cancellationToken).ConfigureAwait(false);
            string? worker = place.GetValueOrDefault("worker") as string;
            if (worker is null && place.GetValueOrDefault("known") is not true)
            {
                return false;
            }

            string token = Guid.NewGuid().ToString("N");
            int pieces = 0;
            if (worker is not null)
            {
                PieceStream stream = new((index, data, ct) => PutAsync(worker, token, index, data, ct), content.Length, progress);
                await using (stream.ConfigureAwait(false))
                {
                    await content.WriteAsync(stream, cancellationToken).ConfigureAwait(false);
                    await stream.FlushAsync(cancellationToken).ConfigureAwait(false);
                }

                pieces = stream.Lost ? -1 : stream.Pieces;
            }

            if (pieces >= 0)
            {
                Dictionary<string, object?> kept = await rpc.CallTransferAsync(
                    "keep",
                    new()
                    {
                        ["session"] = session,
                        ["key"] = key,
                        ["worker"] = worker,
                        ["token"] = token,
                        ["pieces"] = (long)pieces,
                        ["how"] = content.How,
                        ["workers"] = workers?.ToArray(),
                        ["broadcast"] = broadcast,
                    },
                    cancellationToken).ConfigureAwait(false);
                switch (kept.GetValueOrDefault("outcome"))
                {
                    case "OK":
                        return true;
                    case "failed":
                        throw new DaskTransferException(key, $"The worker {worker} could not make the value: {kept.GetValueOrDefault("text")}");
                    default:
                        break;
                }
            }

            if (tries == Tries)
            {
                throw new DaskTransferException(key, $"The value was not scattered: {Tries} workers were lost while it was sent.");
            }
        }
    }

    private async Task<bool> PutAsync(string worker, string token, int index, ReadOnlyMemory<byte> data, CancellationToken cancellationToken) =>
        (await rpc.CallTransferAsync(
            "put", new() { ["worker"] = worker, ["token"] = token, ["index"] = (long)index }, cancellationToken, ("data", data))
            .ConfigureAwait(false)).GetValueOrDefault("outcome") is "OK";
}
