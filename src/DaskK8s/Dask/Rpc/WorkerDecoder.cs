using DaskK8s.Dask.Protocol;

using MessagePack;

namespace DaskK8s.Dask.Rpc;

/// <summary>Decodes the entries of <c>identity</c>'s map of workers.</summary>
internal sealed class WorkerDecoder(DecodingBudget budget)
{
    /// <summary>The memory that a map entry uses.</summary>
    public const int EntryBytes = 64;

    private const int WorkerBytes = 256;

    private string? _lastStatus;
    private string? _lastResource;
    private (string Name, double Value, IReadOnlyDictionary<string, double> Map)? _lastResources;

    /// <summary>Decodes one entry: the address and the map that follows it.</summary>
    /// <param name="reader">The reader, at the entry's key.</param>
    /// <returns>The worker.</returns>
    public WorkerInfo Decode(ref MessagePackReader reader)
    {
        budget.Spend(WorkerBytes);
        string address = reader.ReadText() ?? throw new DaskProtocolException("A worker of the answer to 'identity' has no address.");
        string? name = null, id = null, host = null, status = null, nanny = null, directory = null;
        int threads = 0;
        long limit = 0;
        double seen = 0;
        IReadOnlyDictionary<string, double> resources = WorkerInfo.NoResources;
        Metrics metrics = default;
        int count = reader.ReadMapHeader();
        for (int i = 0; i < count; i++)
        {
            ReadOnlySpan<byte> key = reader.ReadKey();
            switch (key.Length)
            {
                case 2 when key.SequenceEqual("id"u8): id = reader.ReadText(); break;
                case 4 when key.SequenceEqual("host"u8): host = reader.ReadText(); break;
                case 4 when key.SequenceEqual("name"u8): name = reader.ReadText(); break;
                case 5 when key.SequenceEqual("nanny"u8): nanny = reader.ReadText(); break;
                case 6 when key.SequenceEqual("status"u8): status = reader.ReadShared(ref _lastStatus); break;
                case 7 when key.SequenceEqual("metrics"u8): metrics = ReadMetrics(ref reader); break;
                case 8 when key.SequenceEqual("nthreads"u8): threads = ToInt(reader.ReadInteger()); break;
                case 9 when key.SequenceEqual("resources"u8): resources = ReadResources(ref reader); break;
                case 9 when key.SequenceEqual("last_seen"u8): seen = reader.ReadNumber(); break;
                case 12 when key.SequenceEqual("memory_limit"u8): limit = reader.ReadInteger(); break;
                case 15 when key.SequenceEqual("local_directory"u8): directory = reader.ReadText(); break;
                default: reader.SkipValue(); break;
            }
        }

        return new WorkerInfo
        {
            Address = address,
            Name = name ?? id ?? address,
            Host = host ?? string.Empty,
            Threads = threads,
            MemoryLimit = limit,
            MemoryUsed = metrics.Memory,
            CpuPercent = metrics.Cpu,
            Status = status ?? "unknown",
            Resources = resources,
            Tasks = metrics.Tasks,
            LastSeen = reader.ToTime(seen),
            Nanny = nanny,
            LocalDirectory = directory,
        };
    }

    private static Metrics ReadMetrics(ref MessagePackReader reader)
    {
        Metrics metrics = default;
        int count = reader.TryReadNil() ? 0 : reader.ReadMapHeader();
        for (int i = 0; i < count; i++)
        {
            ReadOnlySpan<byte> key = reader.ReadKey();
            if (key.SequenceEqual("memory"u8))
            {
                metrics.Memory = reader.ReadInteger();
            }
            else if (key.SequenceEqual("cpu"u8))
            {
                metrics.Cpu = reader.ReadNumber();
            }
            else if (key.SequenceEqual("task_counts"u8))
            {
                metrics.Tasks = ReadCounts(ref reader);
            }
            else
            {
                reader.SkipValue();
            }
        }

        return metrics;
    }

    private static WorkerTaskCounts ReadCounts(ref MessagePackReader reader)
    {
        WorkerTaskCounts counts = default;
        int entries = reader.TryReadNil() ? 0 : reader.ReadMapHeader();
        for (int i = 0; i < entries; i++)
        {
            ReadOnlySpan<byte> key = reader.ReadKey();
            if (key.SequenceEqual("executing"u8))
            {
                counts = counts with { Executing = ToInt(reader.ReadInteger()) };
            }
            else if (key.SequenceEqual("long-running"u8))
            {
                counts = counts with { LongRunning = ToInt(reader.ReadInteger()) };
            }
            else if (key.SequenceEqual("ready"u8))
            {
                counts = counts with { Ready = ToInt(reader.ReadInteger()) };
            }
            else if (key.SequenceEqual("constrained"u8))
            {
                counts = counts with { Constrained = ToInt(reader.ReadInteger()) };
            }
            else if (key.SequenceEqual("waiting"u8))
            {
                counts = counts with { Waiting = ToInt(reader.ReadInteger()) };
            }
            else if (key.SequenceEqual("memory"u8))
            {
                counts = counts with { InMemory = ToInt(reader.ReadInteger()) };
            }
            else if (key.SequenceEqual("flight"u8) || key.SequenceEqual("fetch"u8))
            {
                counts = counts with { Fetching = ToInt(counts.Fetching + reader.ReadInteger()) };
            }
            else
            {
                reader.SkipValue();
            }
        }

        return counts;
    }

    private IReadOnlyDictionary<string, double> ReadResources(ref MessagePackReader reader)
    {
        int count = reader.TryReadNil() ? 0 : reader.ReadMapHeader();
        if (count == 0)
        {
            return WorkerInfo.NoResources;
        }

        if (count > 1)
        {
            Dictionary<string, double> map = [];
            for (int i = 0; i < count; i++)
            {
                budget.Spend(EntryBytes);
                string key = reader.ReadText() ?? string.Empty;
                map[key] = reader.ReadNumber();
            }

            return map;
        }

        // Workers of one group offer the same: one map for all of them.
        string name = reader.ReadShared(ref _lastResource) ?? string.Empty;
        double value = reader.ReadNumber();
        if (_lastResources is not { } last || last.Name != name || !last.Value.Equals(value))
        {
            _lastResources = last = (name, value, new Dictionary<string, double> { [name] = value });
        }

        return last.Map;
    }

    private static int ToInt(long value) => (int)Math.Clamp(value, int.MinValue, int.MaxValue);

    private struct Metrics
    {
        public long Memory;
        public double Cpu;
        public WorkerTaskCounts Tasks;
    }
}
