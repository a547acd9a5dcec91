using System.Collections.Immutable;
using System.Runtime.CompilerServices;
using System.Threading.Channels;

namespace DaskK8s.Kubernetes;

/// <summary>One watch for all who follow a collection: the first one begins it, and it ends with the last one.</summary>
/// <remarks>
/// Who joins later lists the collection once more, so that nobody begins with a state older than the call; from there on the changes
/// of the one watch serve all. A failure reaches everybody, and whoever follows again begins a new watch.
/// </remarks>
/// <param name="list">Lists the collection.</param>
/// <param name="follow">Lists and watches it.</param>
internal sealed class SharedWatch<T>(Func<CancellationToken, Task<Followed<T>>> list, Func<CancellationToken, IAsyncEnumerable<Followed<T>>> follow)
    where T : class
{
    private readonly Lock _lock = new();
    private Run? _run;

    /// <summary>Follows the collection; each item is all of it, by uid.</summary>
    /// <param name="cancellationToken">Ends the following.</param>
    /// <returns>The collection now, and after each change.</returns>
    public async IAsyncEnumerable<ImmutableDictionary<string, T>> ReadAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        Channel<Followed<T>> changes = Channel.CreateUnbounded<Followed<T>>(new UnboundedChannelOptions { SingleReader = true });
        (Run run, bool isFirst) = Join(changes.Writer);
        try
        {
            ulong oldest = 0;
            if (!isFirst)
            {
                Followed<T> now = await list(cancellationToken).ConfigureAwait(false);
                oldest = now.Version;
                yield return now.Items;
            }

            await foreach (Followed<T> next in changes.Reader.ReadAllAsync(cancellationToken).ConfigureAwait(false))
            {
                if (next.Version == 0 || next.Version >= oldest)
                {
                    yield return next.Items;
                }
            }
        }
        finally
        {
            await LeaveAsync(run, changes.Writer).ConfigureAwait(false);
        }
    }

    private (Run Run, bool IsFirst) Join(ChannelWriter<Followed<T>> follower)
    {
        lock (_lock)
        {
            if (_run is { } run)
            {
                run.Followers.Add(follower);
                return (run, false);
            }

            _run = new Run();
            _run.Followers.Add(follower);
            _run.Following = FollowAsync(_run);
            return (_run, true);
        }
    }

    private async Task FollowAsync(Run run)
    {
        // So that the lock is not held over the first request.
        await Task.Yield();
        Exception? failure = null;
        try
        {
            await foreach (Followed<T> next in follow(run.End.Token).ConfigureAwait(false))
            {
                lock (_lock)
                {
                    foreach (ChannelWriter<Followed<T>> follower in run.Followers)
                    {
                        follower.TryWrite(next);
                    }
                }
            }
        }
        catch (Exception e)
        {
            failure = e;
        }

        lock (_lock)
        {
            _run = _run == run ? null : _run;
            foreach (ChannelWriter<Followed<T>> follower in run.Followers)
            {
                follower.TryComplete(failure);
            }
        }
    }

    private async Task LeaveAsync(Run run, ChannelWriter<Followed<T>> follower)
    {
        lock (_lock)
        {
            run.Followers.Remove(follower);
            if (run.Followers.Count > 0)
            {
                return;
            }

            _run = _run == run ? null : _run;
        }

        await run.End.CancelAsync().ConfigureAwait(false);
        await run.Following.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        run.End.Dispose();
    }

    private sealed class Run
    {
        public List<ChannelWriter<Followed<T>>> Followers { get; } = [];

        public CancellationTokenSource End { get; } = new();

        public Task Following { get; set; } = Task.CompletedTask;
    }
}
