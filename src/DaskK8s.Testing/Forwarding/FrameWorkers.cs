using System.Threading.Channels;

namespace DaskK8s.Testing.Forwarding;

/// <summary>
/// Handles a session's frames in five workers, by stream id modulo five, each with a queue of fifty, as moby/spdystream does: a
/// worker that waits blocks its own streams, and all streams once its queue is full.
/// </summary>
internal sealed class FrameWorkers
{
    private const int Count = 5;
    private const int QueueLength = 50;

    private readonly Channel<Func<Task>>[] _queues = new Channel<Func<Task>>[Count];
    private readonly Task[] _running = new Task[Count];
    private int _turn;

    public FrameWorkers(CancellationToken end)
    {
        for (int i = 0; i < Count; i++)
        {
            Channel<Func<Task>> queue = Channel.CreateBounded<Func<Task>>(QueueLength);
            _queues[i] = queue;
            _running[i] = Task.Run(() => RunAsync(queue.Reader, end), CancellationToken.None);
        }
    }

    /// <summary>Gets a task that completes when all workers have ended, and fails if one has failed.</summary>
    public Task Ended => Task.WhenAll(_running);

    /// <summary>Queues the handler of a frame that belongs to a stream.</summary>
    public ValueTask QueueAsync(int streamId, Func<Task> handle, CancellationToken end) =>
        _queues[streamId % Count].Writer.WriteAsync(handle, end);

    /// <summary>Queues the handler of a frame that belongs to no stream: the workers take turns.</summary>
    public ValueTask QueueInTurnAsync(Func<Task> handle, CancellationToken end)
    {
        int worker = _turn;
        _turn = (_turn + 1) % Count;
        return _queues[worker].Writer.WriteAsync(handle, end);
    }

    /// <summary>Ends the workers when their queues are empty.</summary>
    public void Complete()
    {
        foreach (Channel<Func<Task>> queue in _queues)
        {
            queue.Writer.TryComplete();
        }
    }

    private static async Task RunAsync(ChannelReader<Func<Task>> queue, CancellationToken end)
    {
        await foreach (Func<Task> handle in queue.ReadAllAsync(end).ConfigureAwait(false))
        {
            await handle().ConfigureAwait(false);
        }
    }
}
