using System.Runtime.InteropServices;
using System.Text;

using DaskK8s.Dask.Protocol;

using MessagePack;

namespace DaskK8s.Dask.Rpc;

/// <summary>Decodes the answer to <c>identity</c> directly from its bytes, so that only the required objects are created for each worker.</summary>
internal static class IdentityDecoder
{
    /// <summary>Decodes the answer.</summary>
    /// <param name="reader">The reader, at the start of the answer.</param>
    /// <param name="message">The message.</param>
    /// <returns>The scheduler and its workers; the version is not part of the answer.</returns>
    public static SchedulerInfo Decode(ref MessagePackReader reader, DaskMessage message)
    {
        if (reader.NextMessagePackType != MessagePackType.Map)
        {
            throw new DaskProtocolException("The answer to 'identity' is not a map: the server is not a Dask scheduler.");
        }

        string? id = null, address = null, type = null;
        double started = 0;
        long? workerCount = null, totalThreads = null, totalMemory = null;
        Dictionary<string, int> services = [];
        List<WorkerInfo> workers = [];
        int count = reader.ReadMapHeader();
        for (int i = 0; i < count; i++)
        {
            ReadOnlySpan<byte> key = reader.ReadKey();
            if (key.SequenceEqual("id"u8))
            {
                id = reader.ReadText();
            }
            else if (key.SequenceEqual("address"u8))
            {
                address = reader.ReadText();
            }
            else if (key.SequenceEqual("type"u8))
            {
                type = reader.ReadText();
            }
            else if (key.SequenceEqual("started"u8))
            {
                started = reader.ReadNumber();
            }
            else if (key.SequenceEqual("services"u8))
            {
                services = ReadServices(ref reader, message.Budget);
            }
            else if (key.SequenceEqual("n_workers"u8))
            {
                workerCount = reader.ReadInteger();
            }
            else if (key.SequenceEqual("total_threads"u8))
            {
                totalThreads = reader.ReadInteger();
            }
            else if (key.SequenceEqual("total_memory"u8))
            {
                totalMemory = reader.ReadInteger();
            }
            else if (key.SequenceEqual("workers"u8))
            {
                ReadWorkers(ref reader, workers, message.Budget);
            }
            else
            {
                reader.SkipValue();
            }
        }

        long threads = 0, memory = 0;
        foreach (WorkerInfo worker in CollectionsMarshal.AsSpan(workers))
        {
            threads += worker.Threads;
            memory += worker.MemoryLimit;
        }

        bool areAll = workerCount is null || workerCount <= workers.Count;
        return new SchedulerInfo
        {
            Id = id ?? throw new DaskProtocolException("The answer to 'identity' has no id: the server is not a Dask scheduler."),
            Address = address ?? string.Empty,
            Type = type ?? "Scheduler",
            Services = services,
            Started = reader.ToTime(started),
            Workers = areAll ? workers : [],
            WorkerCount = areAll ? workers.Count : (int)Math.Clamp(workerCount!.Value, 0, int.MaxValue),
            TotalThreads = areAll ? threads : totalThreads ?? 0,
            TotalMemory = areAll ? memory : totalMemory ?? 0,
        };
    }

    private static Dictionary<string, int> ReadServices(ref MessagePackReader reader, DecodingBudget budget)
    {
        Dictionary<string, int> services = [];
        int count = reader.TryReadNil() ? 0 : reader.ReadMapHeader();
        for (int i = 0; i < count; i++)
        {
            budget.Spend(WorkerDecoder.EntryBytes);
            string name = reader.ReadText() ?? string.Empty;
            services[name] = (int)Math.Clamp(reader.ReadInteger(), 0, 65535);
        }

        return services;
    }

    private static void ReadWorkers(ref MessagePackReader reader, List<WorkerInfo> workers, DecodingBudget budget)
    {
        int count = reader.ReadMapHeader();
        WorkerDecoder decoder = new(budget);
        for (int i = 0; i < count; i++)
        {
            workers.Add(decoder.Decode(ref reader));
        }
    }

    /// <summary>Reads a map's key as bytes; a key that is not a string is returned as empty.</summary>
    internal static ReadOnlySpan<byte> ReadKey(this ref MessagePackReader reader)
    {
        if (reader.TryReadStringSpan(out ReadOnlySpan<byte> key))
        {
            return key;
        }

        reader.SkipValue();
        return default;
    }

    /// <summary>Converts Python's seconds since 1970 to a time; an invalid value becomes the start of 1970.</summary>
    internal static DateTimeOffset ToTime(this ref MessagePackReader _, double seconds) =>
        seconds is > 0 and < 253402300799 ? DateTimeOffset.UnixEpoch.AddTicks((long)(seconds * TimeSpan.TicksPerSecond)) : DateTimeOffset.UnixEpoch;

    /// <summary>Returns a string that has few distinct values, using one shared object for all workers.</summary>
    internal static string? ReadShared(this ref MessagePackReader reader, ref string? last)
    {
        if (!reader.TryReadStringSpan(out ReadOnlySpan<byte> bytes))
        {
            return reader.ReadText();
        }

        Span<char> chars = stackalloc char[64];
        if (bytes.Length > chars.Length)
        {
            return Encoding.UTF8.GetString(bytes);
        }

        ReadOnlySpan<char> text = chars[..Encoding.UTF8.GetChars(bytes, chars)];
        return last is not null && text.SequenceEqual(last) ? last : last = text.ToString();
    }
}
