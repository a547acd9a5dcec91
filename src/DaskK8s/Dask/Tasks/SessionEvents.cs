using DaskK8s.Dask.Protocol;
using DaskK8s.Dask.Rpc;

using MessagePack;

namespace DaskK8s.Dask.Tasks;

/// <summary>Applies the events of a session (see <c>session.py</c>) to its tasks.</summary>
internal sealed class SessionEvents(TaskTable tasks)
{
    private readonly Dictionary<string, Action<ScriptOutput>> _listeners = [];

    /// <summary>Gets the number of the last submission that the scheduler accepted.</summary>
    public long Taken { get; private set; }

    /// <summary>Gets whether the scheduler has ended the session on request and released all of its work.</summary>
    public bool Closed { get; private set; }

    /// <summary>Registers a listener for the output of a task's script.</summary>
    public void Listen(string key, Action<ScriptOutput>? listener)
    {
        lock (_listeners)
        {
            if (listener is null)
            {
                _listeners.Remove(key);
            }
            else
            {
                _listeners[key] = listener;
            }
        }
    }

    /// <summary>Applies one message of events.</summary>
    /// <param name="reader">The reader at the message's start.</param>
    /// <param name="message">The message.</param>
    /// <returns>An unused value.</returns>
    public bool Apply(ref MessagePackReader reader, DaskMessage message)
    {
        int entries = reader.ReadMapHeader();
        for (int i = 0; i < entries; i++)
        {
            if (!reader.ReadKey().SequenceEqual("events"u8))
            {
                reader.SkipValue();
                continue;
            }

            for (int events = reader.ReadArrayHeader(); events > 0; events--)
            {
                ApplyEvent(ref reader);
            }
        }

        return true;
    }

    private void ApplyEvent(ref MessagePackReader reader)
    {
        if (reader.ReadArrayHeader() != 2)
        {
            throw new DaskProtocolException("An event of a session has an unexpected form.");
        }

        string kind = reader.ReadText() ?? string.Empty;
        int items = reader.ReadArrayHeader();
        for (int i = 0; i < items; i++)
        {
            switch (kind)
            {
                case "done": tasks.Find(reader.ReadKey())?.Set(DaskFutureStatus.Finished); break;
                case "stuck": tasks.Find(reader.ReadKey())?.Set(DaskFutureStatus.NoWorker); break;
                case "unstuck": tasks.Find(reader.ReadKey())?.Set(DaskFutureStatus.Pending, expected: DaskFutureStatus.NoWorker); break;
                case "pending": tasks.Find(reader.ReadKey())?.Set(DaskFutureStatus.Pending); break;
                case "failed": Fail(ref reader); break;
                case "gone": Lose(ref reader); break;
                case "printed": Print(ref reader); break;
                case "taken": Taken = Math.Max(Taken, reader.ReadInteger()); break;
                default: reader.SkipValue(); break;
            }
        }

        Closed |= kind == "closed";
        if (kind == "restarted")
        {
            foreach (TaskEntry entry in tasks.Snapshot())
            {
                entry.Set(DaskFutureStatus.Lost, "the cluster's workers were restarted, which forgets all tasks");
            }
        }
    }

    private void Fail(ref MessagePackReader reader)
    {
        TaskEntry? entry = ReadEntry(ref reader, 3);
        string repr = reader.ReadText() ?? string.Empty;
        string traceback = reader.ReadText() ?? string.Empty;
        entry?.Set(DaskFutureStatus.Failed, PythonError.Parse(repr, traceback));
    }

    private void Lose(ref MessagePackReader reader)
    {
        TaskEntry? entry = ReadEntry(ref reader, 2);
        string reason = reader.ReadText() ?? string.Empty;
        entry?.Set(DaskFutureStatus.Lost, reason);
    }

    private void Print(ref MessagePackReader reader)
    {
        if (reader.ReadArrayHeader() != 3)
        {
            throw new DaskProtocolException("An event of a session has an unexpected form.");
        }

        string key = reader.ReadText() ?? string.Empty;
        ScriptOutput output = new(reader.ReadText() ?? string.Empty, reader.ReadText() ?? string.Empty);
        Action<ScriptOutput>? listener;
        lock (_listeners)
        {
            listener = _listeners.GetValueOrDefault(key);
        }

        listener?.Invoke(output);
    }

    private TaskEntry? ReadEntry(ref MessagePackReader reader, int fields) => reader.ReadArrayHeader() == fields
        ? tasks.Find(reader.ReadKey())
        : throw new DaskProtocolException("An event of a session has an unexpected form.");
}
