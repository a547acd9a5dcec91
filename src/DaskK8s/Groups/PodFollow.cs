using DaskK8s.Kubernetes;

using k8s.Models;

namespace DaskK8s.Groups;

/// <summary>The release's pods for repeated reads: listed once, then watched.</summary>
internal sealed class PodFollow(Workloads workloads, TimeProvider time) : IAsyncDisposable
{
    /// <summary>The time limit for the caller's own change to arrive through the watch; after that, the pods are listed.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    private readonly CancellationTokenSource _end = new();
    private readonly Lock _lock = new();
    private TaskCompletionSource _changed = NewSignal();
    private Followed<V1Pod>? _latest;
    private IReadOnlyList<V1Pod>? _own;
    private Task? _following;
    private bool _hasFailed;

    /// <summary>Reads the pods.</summary>
    /// <param name="atLeast">The minimum resource version of the pods, from an earlier change; 0 for any.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <returns>The pods; the same list instance while nothing changes.</returns>
    public async Task<IReadOnlyList<V1Pod>> ReadAsync(ulong atLeast, CancellationToken cancellationToken)
    {
        long start = time.GetTimestamp();
        while (true)
        {
            Task changed;
            bool hasBegun;
            lock (_lock)
            {
                _following ??= FollowAsync();
                if (_latest is { Version: > 0 } latest && latest.Version >= atLeast)
                {
                    return _own ??= [.. latest.Items.Values.Where(workloads.IsOwn)];
                }

                if (_hasFailed)
                {
                    // This read lists, and hears what is wrong; the next one follows again.
                    (_following, _hasFailed) = (null, false);
                    break;
                }

                if (_latest is not null && time.GetElapsedTime(start) >= Patience)
                {
                    break;
                }

                hasBegun = _latest is not null;
                changed = _changed.Task;
            }

            try
            {
                await changed.WaitAsync(hasBegun ? Patience : Timeout.InfiniteTimeSpan, time, cancellationToken).ConfigureAwait(false);
            }
            catch (TimeoutException)
            {
                // The watch brings nothing: then a list.
            }
        }

        return [.. await workloads.ListPodsAsync(cancellationToken).ConfigureAwait(false)];
    }

    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync().ConfigureAwait(false);
        if (_following is { } following)
        {
            await following.ConfigureAwait(false);
        }

        _end.Dispose();
    }

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private async Task FollowAsync()
    {
        // So that the lock is not held over the first request.
        await Task.Yield();
        try
        {
            await foreach (Followed<V1Pod> next in workloads.FollowPodsOnAsync(_end.Token).ConfigureAwait(false))
            {
                Signal(next);
            }
        }
        catch (Exception)
        {
            // Whoever reads next lists the pods and receives the error.
        }

        Signal(null);
    }

    private void Signal(Followed<V1Pod>? next)
    {
        TaskCompletionSource signal;
        lock (_lock)
        {
            _latest = next;
            _own = null;
            _hasFailed = next is null;
            signal = _changed;
            _changed = NewSignal();
        }

        signal.TrySetResult();
    }
}
