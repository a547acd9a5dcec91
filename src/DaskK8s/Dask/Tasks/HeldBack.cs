namespace DaskK8s.Dask.Tasks;

/// <summary>What is not sent to a new scheduler before the workers of its groups are known there, and what needs that, in the order in which it is sent.</summary>
internal sealed class HeldBack
{
    private readonly HashSet<string> _keys = [];

    /// <summary>Gets the messages.</summary>
    public Queue<Outgoing> Messages { get; } = new();

    /// <summary>Gets the workers of each group; null until they are known.</summary>
    public IReadOnlyDictionary<string, IReadOnlyList<string>?>? Places { get; set; }

    /// <summary>Holds back a message if it needs what is held back.</summary>
    /// <returns>Whether it is.</returns>
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

/// <summary>A message to the scheduler: a batch, or a key that is no longer wanted; neither to look whether something held back can go.</summary>
/// <param name="Batch">The batch.</param>
/// <param name="Released">The key.</param>
/// <param name="Counted">Whether the batch takes a place among those that may be queued.</param>
internal readonly record struct Outgoing(TaskBatch? Batch, string? Released, bool Counted = false);
