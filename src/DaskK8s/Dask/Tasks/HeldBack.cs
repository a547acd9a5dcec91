namespace DaskK8s.Dask.Tasks;

/// <summary>The queue of messages held back from a new scheduler until their groups' workers are known, with all messages that depend on them.</summary>
internal sealed class HeldBack
{
    private readonly HashSet<string> _keys = [];

    /// <summary>Gets the messages.</summary>
    public Queue<Outgoing> Messages { get; } = new();

    /// <summary>Gets the workers of each group; null until they are known.</summary>
    public IReadOnlyDictionary<string, IReadOnlyList<string>?>? Places { get; set; }

    /// <summary>Holds back a message if it must wait.</summary>
    /// <returns>Whether the message is held back.</returns>
    public bool Takes(Outgoing message)
    {
        bool takes = message.Batch is { } batch
            ? batch.Placed || (batch.Held ?? []).Any(_keys.Contains) || batch.Tasks.Any(t => t.Needs.Any(_keys.Contains))
            : message.Released is { } key && _keys.Contains(key);
        if (takes)
        {
            Messages.Enqueue(message);
            _keys.UnionWith(message.Batch?.Tasks.Select(static t => t.Entry.Key) ?? []);
        }

        return takes;
    }
}

/// <summary>A message to the scheduler: a batch or a released key; neither means a check whether messages held back can be sent.</summary>
/// <param name="Batch">The batch.</param>
/// <param name="Released">The key.</param>
/// <param name="Counted">Whether the batch counts toward the limit of queued batches.</param>
internal readonly record struct Outgoing(TaskBatch? Batch, string? Released, bool Counted = false);
