using System.Collections.Concurrent;

using DaskK8s.Dask.Tasks;

namespace DaskK8s.Tests.Rigs;

/// <summary>A clock that passes every pause at once and keeps how long it would have been; limits of 30 s and more never come.</summary>
internal sealed class InstantTime(DateTimeOffset now) : TimeProvider
{
    private readonly ConcurrentQueue<TimeSpan> _pauses = new();

    public IReadOnlyList<TimeSpan> Pauses => [.. _pauses];

    public override DateTimeOffset GetUtcNow() => now;

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        bool isPause = dueTime > TimeSpan.Zero && dueTime < TimeSpan.FromSeconds(30);
        if (isPause)
        {
            _pauses.Enqueue(dueTime);
        }

        return System.CreateTimer(callback, state, isPause ? TimeSpan.Zero : Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }
}
