using DaskK8s.Dask.Data;
using DaskK8s.Dask.Protocol;
using DaskK8s.Dask.Rpc;

using MessagePack;

namespace DaskK8s.Dask.Tasks;

/// <summary>Receives a result.</summary>
/// <param name="index">The index of its task.</param>
/// <param name="data">The result as msgpack; valid only during the call.</param>
/// <param name="budget">The budget for reading it.</param>
internal delegate void ResultAcceptor(int index, ReadOnlyMemory<byte> data, DecodingBudget budget);

/// <summary>Receives a worker's offer of a result that is not msgpack, or is sent in pieces.</summary>
/// <param name="index">The index of its task.</param>
/// <param name="offer">The offer.</param>
internal delegate void OfferAcceptor(int index, ResultOffer offer);

/// <summary>Fetches results from the workers that hold them, through the scheduler.</summary>
internal sealed class ResultFetcher(SchedulerRpc rpc, TimeProvider time)
{
    private const int MaxKeys = 8192;

    private static readonly TimeSpan FetchLimit = TimeSpan.FromMinutes(10);
    private static readonly TimeSpan RetryPause = TimeSpan.FromMilliseconds(100);

    /// <summary>Fetches results of finished tasks.</summary>
    /// <param name="tasks">The tasks.</param>
    /// <param name="request">How the workers must encode them.</param>
    /// <param name="settle">Waits until a task is finished; a result can be lost between two calls and recomputed.</param>
    /// <param name="accept">Receives each result with its index; the bytes are valid only during the call.</param>
    /// <param name="offered">Receives the offers of the other results.</param>
    /// <param name="cancellationToken">Cancels the wait.</param>
    /// <returns>A task that completes when all results were received.</returns>
    /// <exception cref="DaskResultException">A result has no JSON representation.</exception>
    public async Task FetchAsync(
        IReadOnlyList<TaskEntry> tasks,
        ResultRequest request,
        Func<TaskEntry, CancellationToken, Task> settle,
        ResultAcceptor accept,
        OfferAcceptor offered,
        CancellationToken cancellationToken)
    {
        Queue<int> open = new(Enumerable.Range(0, tasks.Count));
        List<int> batch = [];
        while (open.Count > 0)
        {
            batch.Clear();
            while (batch.Count < MaxKeys && open.TryDequeue(out int index))
            {
                batch.Add(index);
            }

            RpcCall call = new(SchedulerModule.Session.Operation("gather"))
            {
                Arguments = request.Tell(new() { ["keys"] = batch.ConvertAll(i => (object?)tasks[i].Key), ["large"] = request.Large }),
                Idempotent = true,
                Timeout = FetchLimit,
            };
            Reply reply = await CallAsync(call, batch.Exists(i => tasks[i].Kept is not null), cancellationToken).ConfigureAwait(false)
                // The operation went with the scheduler that had it: the session finds out, and tells what is lost.
                ?? new Reply([], [.. Enumerable.Range(0, batch.Count)], []);
            foreach ((int[] indexes, SerializedValue pack) in reply.Packs)
            {
                reply.Missing.AddRange(Unpack(indexes, pack, batch, tasks, accept, offered, request.Format is not null));
            }

            reply.Later.ForEach(i => open.Enqueue(batch[i]));
            if (reply.Missing.Count > 0)
            {
                await Task.Delay(RetryPause, time, cancellationToken).ConfigureAwait(false);
                foreach (int i in reply.Missing)
                {
                    await settle(tasks[batch[i]], cancellationToken).ConfigureAwait(false);
                    open.Enqueue(batch[i]);
                }
            }
        }
    }

    /// <summary>Requests results; returns null if a new scheduler has none.</summary>
    /// <param name="call">The call.</param>
    /// <param name="patient">Whether to wait for an unreachable scheduler until the tasks are given up, because lost work is resubmitted.</param>
    /// <param name="cancellationToken">Cancels the wait.</param>
    private async Task<Reply?> CallAsync(RpcCall call, bool patient, CancellationToken cancellationToken)
    {
        try
        {
            return await rpc.CallAsync(call, Decode, cancellationToken).ConfigureAwait(false);
        }
        catch (SchedulerUnreachableException e) when (patient && !e.IsGone)
        {
            return null;
        }
    }

    private static List<int> Unpack(
        int[] indexes,
        SerializedValue pack,
        List<int> batch,
        IReadOnlyList<TaskEntry> tasks,
        ResultAcceptor accept,
        OfferAcceptor offered,
        bool formed)
    {
        List<int> missing = [];
        Msgpack.Decode(new DaskMessage([pack.OpenBytes()], pack.Budget), (ref MessagePackReader reader, DaskMessage _) =>
        {
            if (reader.ReadArrayHeader() != indexes.Length)
            {
                throw new DaskProtocolException("A worker returned another number of results than requested.");
            }

            foreach (int index in indexes)
            {
                switch (reader.NextMessagePackType)
                {
                    case MessagePackType.Nil:
                        reader.ReadNil();
                        missing.Add(index);
                        break;
                    case MessagePackType.Binary:
                        accept(batch[index], reader.ReadBytes()!.Value.First, pack.Budget);
                        break;
                    case MessagePackType.Map:
                        offered(batch[index], ResultOffer.Read(ref reader));
                        break;
                    default:
                        throw Refused(tasks[batch[index]].Key, ref reader, formed);
                }
            }

            return true;
        });
        return missing;
    }

    /// <summary>Reads the reason why a worker could not encode a result.</summary>
    internal static DaskResultException Refused(string key, ref MessagePackReader reader, bool formed = false)
    {
        string type = "object", reason = string.Empty;
        if (reader.ReadArrayHeader() == 2)
        {
            type = reader.ReadText() ?? type;
            reason = reader.ReadText() ?? reason;
        }

        return Refused(key, type, reason, formed);
    }

    /// <summary>Returns the error of a result that a worker could not encode.</summary>
    internal static DaskResultException Refused(string key, string type, string reason, bool formed)
    {
        string message = formed
            ? $"The result of task '{key}' is of Python's type {type}, which cannot be converted to the requested type: {reason}"
            : $"The result of task '{key}' cannot leave the cluster: {type} has no JSON representation ({reason}). " +
              "Return numbers, strings, lists or maps made from it, or pass the future to another task.";
        return new DaskResultException(key, type, message);
    }

    private static Reply? Decode(ref MessagePackReader reader, DaskMessage message)
    {
        if (reader.NextMessagePackType != MessagePackType.Map)
        {
            return null;
        }

        Reply reply = new([], [], []);
        for (int entries = reader.ReadMapHeader(); entries > 0; entries--)
        {
            ReadOnlySpan<byte> key = reader.ReadKey();
            if (key.SequenceEqual("missing"u8))
            {
                reply.Missing.AddRange(ReadIndexes(ref reader));
            }
            else if (key.SequenceEqual("later"u8))
            {
                reply.Later.AddRange(ReadIndexes(ref reader));
            }
            else if (key.SequenceEqual("packs"u8))
            {
                for (int packs = reader.ReadArrayHeader(); packs > 0; packs--)
                {
                    reader.ReadArrayHeader();
                    int[] indexes = ReadIndexes(ref reader);
                    reply.Packs.Add((indexes, MsgpackTree.Read(ref reader, message, message.Budget, 8) as SerializedValue
                        ?? throw new DaskProtocolException("A pack of results has an unexpected form.")));
                }
            }
            else
            {
                reader.SkipValue();
            }
        }

        return reply;
    }

    private static int[] ReadIndexes(ref MessagePackReader reader)
    {
        int[] indexes = new int[reader.ReadArrayHeader()];
        for (int i = 0; i < indexes.Length; i++)
        {
            indexes[i] = reader.ReadInt32();
        }

        return indexes;
    }

    private sealed record Reply(List<(int[] Indexes, SerializedValue Pack)> Packs, List<int> Missing, List<int> Later);
}
