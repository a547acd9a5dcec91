using System.Runtime.CompilerServices;
using System.Threading.Channels;

using DaskK8s.Common;

namespace DaskK8s.Kubernetes;

/// <summary>A watch shared by all followers of a collection: the first one starts it, and it ends with the last one.</summary>
/// <remarks>
/// A follower that joins later lists the collection again, so that its first state is not older than its call; from then on, all receive
/// the changes of the shared watch. A failure reaches all followers, and the next one to follow starts a new watch.
/// A follower that compares versions itself can start with the watch's state; the watch then outlives the last follower for a while.
/// </remarks>
/// <param name="list">Lists the collection.</param>
/// <param name="follow">Lists and watches the collection.</param>
/// <param name="time">The clock.</param>
internal sealed class SharedWatch<T>(Func<CancellationToken, Task<Followed<T>>> list, Func<CancellationToken, IAsyncEnumerable<Followed<T>>> follow, TimeProvider time)
    where T : class
{
    private static readonly TimeSpan Lasting = TimeSpan.FromMinutes(1);

    private readonly Lock _lock = new();
    private Run? _run;

    /// <summary>Follows the collection; each item is the whole collection, by UID.</summary>
    /// <param name="isLasting">Whether to start with the watch's state, and to keep the watch running for a while afterwards.</param>
    /// <param name="cancellationToken">Stops following.</param>
    /// <returns>The current collection, and the collection after each change.</returns>
    public async IAsyncEnumerable<Followed<T>> ReadAsync(bool isLasting, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        Channel<Followed<T>> changes = Channel.CreateUnbounded<Followed<T>>(new UnboundedChannelOptions { SingleReader = true });
        (Run run, bool hasBegun) = Join(changes.Writer, isLasting);
        try
        {
            ulong oldest = 0;
            if (hasBegun)
            {
                Followed<T> now = await list(cancellationToken).ConfigureAwait(false);
                oldest = now.Version;
                yield return now;
            }

            await foreach (Followed<T> next in changes.Reader.ReadAllAsync(cancellationToken).ConfigureAwait(false))
            {
                if (next.Version == 0 || next.Version >= oldest)
                {
                    yield return next;
                }
            }
        }
        finally
        {
            await LeaveAsync(run, changes.Writer).ConfigureAwait(false);
        }
    }

    /// <summary>Joins the watch.</summary>
    /// <returns>The watch, and whether the follower must list the collection itself.</returns>
    private (Run Run, bool HasBegun) Join(ChannelWriter<Followed<T>> follower, bool isLasting)
    {
        lock (_lock)
        {
            bool isFirst = _run is null;
            Run run = _run ??= new Run();
            run.Followers.Add(follower);
            run.IsLasting |= isLasting;
            run.Visits++;
            if (isFirst)
            {
                run.Following = FollowAsync(run);
                return (run, false);
            }

            if (isLasting && run.Latest is { } latest)
            {
                follower.TryWrite(latest);
            }

            return (run, !isLasting);
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
                    run.Latest = next;
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
        int visits;
        lock (_lock)
        {
            run.Followers.Remove(follower);
            visits = run.Visits;
            if (run.Followers.Count > 0)
            {
                return;
            }
        }

        if (run.IsLasting)
        {
            TimeLimit.Forget(EndLaterAsync(run, visits));
        }
        else
        {
            await EndAsync(run, visits).ConfigureAwait(false);
        }
    }

    private async Task EndLaterAsync(Run run, int visits)
    {
        // Whatever ends the watch meanwhile ends the timer too.
        await run.Following.WaitAsync(Lasting, time).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await EndAsync(run, visits).ConfigureAwait(false);
    }

    /// <summary>Ends the watch unless another follower has joined since.</summary>
    private async Task EndAsync(Run run, int visits)
    {
        lock (_lock)
        {
            if (run.Visits != visits || run.Followers.Count > 0 || run.IsEnding)
            {
                return;
            }

            run.IsEnding = true;
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

        public Followed<T>? Latest { get; set; }

        public bool IsLasting { get; set; }

        public bool IsEnding { get; set; }

        public int Visits { get; set; }
    }
}
