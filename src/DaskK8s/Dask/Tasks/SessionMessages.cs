using System.Buffers;

using DaskK8s.Dask.Protocol;
using DaskK8s.Dask.Rpc;

using MessagePack;

namespace DaskK8s.Dask.Tasks;

/// <summary>Writes the messages of a session (see <c>session.py</c>).</summary>
internal static class SessionMessages
{
    /// <summary>Writes the call that attaches a connection to a session.</summary>
    public static byte[] Attach(string session, string topic, TimeSpan keep, bool resume) => Write((ref MessagePackWriter writer) =>
        writer.WriteValue(new Dictionary<string, object?>
        {
            ["op"] = SchedulerModule.Session.Name,
            ["reply"] = true,
            ["session"] = session,
            ["topic"] = topic,
            ["keep"] = keep.TotalSeconds,
            ["resume"] = resume,
        }));

    /// <summary>Writes a batch: tasks that share their function and options, or keys to hold.</summary>
    public static byte[] Submit(long sequence, TaskBatch batch)
    {
        if (batch.Held is { } held)
        {
            return Write((ref MessagePackWriter writer) => writer.WriteValue(new Dictionary<string, object?>
            {
                ["m"] = "hold",
                ["sequence"] = sequence,
                ["keys"] = held.ToArray(),
            }));
        }

        (PythonFunction function, TaskOptions options, IReadOnlyList<string>? workers, IReadOnlyList<TaskSpecification> tasks) = batch;
        ArrayBufferWriter<byte> buffer = new(256 + (tasks.Count * 128));
        MessagePackWriter writer = new(buffer);
        writer.WriteMapHeader(6);
        writer.Write("m");
        writer.Write("submit");
        writer.Write("sequence");
        writer.Write(sequence);
        writer.Write("function");
        writer.Write(function.Id);
        writer.Write("definition");
        writer.WriteValue(Definition(function));
        writer.Write("options");
        writer.WriteValue(Options(options, workers));
        writer.Write("tasks");
        writer.WriteArrayHeader(tasks.Count);
        foreach (TaskSpecification task in tasks)
        {
            writer.WriteArrayHeader(3);
            writer.Write(task.Entry.Key);
            writer.Write(task.Arguments.AsSpan());
            writer.WriteArrayHeader(task.Needs.Count);
            foreach (string need in task.Needs)
            {
                writer.Write(need);
            }
        }

        writer.Flush();
        return buffer.WrittenSpan.ToArray();
    }

    /// <summary>Returns a function's definition for workers (see <c>runtime.py</c>).</summary>
    public static Dictionary<string, object?> Definition(PythonFunction function) => new()
    {
        ["kind"] = function.Kind,
        ["module"] = function.Module,
        ["name"] = function.Name,
        ["source"] = function.Source,
    };

    /// <summary>Writes a release of keys.</summary>
    public static byte[] Release(IReadOnlyCollection<string> keys) => Keys("release", keys);

    /// <summary>Writes a request for the states of keys.</summary>
    public static byte[] States(IReadOnlyCollection<string> keys) => Keys("states", keys);

    /// <summary>Gets the keep-alive message, which also requests a response.</summary>
    public static byte[] Ping { get; } = Bare("ping");

    /// <summary>Gets the message that ends the session.</summary>
    public static byte[] Close { get; } = Bare("close");

    private static Dictionary<string, object?> Options(TaskOptions options, IReadOnlyList<string>? workers)
    {
        Dictionary<string, object?> map = [];
        if (options.Resources is { Count: > 0 } resources)
        {
            // Whole amounts travel as integers: Dask's pages show GPU: 1, not 1.0.
            map["resources"] = resources.ToDictionary(
                r => r.Key, r => r.Value == Math.Floor(r.Value) && r.Value < long.MaxValue ? (long)r.Value : (object?)r.Value);
        }

        if (workers is not null)
        {
            map["workers"] = workers.ToArray();
            if (options.AllowOtherWorkers == true)
            {
                map["allow_other_workers"] = true;
            }
        }

        if (options.Priority is { } priority and not 0)
        {
            map["priority"] = priority;
        }

        if (options.Retries is { } retries and not 0)
        {
            map["retries"] = retries;
        }

        return map;
    }

    private static byte[] Keys(string operation, IReadOnlyCollection<string> keys) => Write((ref MessagePackWriter writer) =>
    {
        writer.WriteMapHeader(2);
        writer.Write("m");
        writer.Write(operation);
        writer.Write("keys");
        writer.WriteArrayHeader(keys.Count);
        foreach (string key in keys)
        {
            writer.Write(key);
        }
    });

    private static byte[] Bare(string operation) => Write((ref MessagePackWriter writer) =>
        writer.WriteValue(new Dictionary<string, object?> { ["m"] = operation }));

    private static byte[] Write(WriteBody body)
    {
        ArrayBufferWriter<byte> buffer = new();
        MessagePackWriter writer = new(buffer);
        body(ref writer);
        writer.Flush();
        return buffer.WrittenSpan.ToArray();
    }

    private delegate void WriteBody(ref MessagePackWriter writer);
}
