namespace DaskK8s.Common;

/// <summary>Is a caller's token joined with a time limit, that tells afterwards which of the two ended the wait.</summary>
internal sealed class TimeLimit : IDisposable
{
    private readonly CancellationTokenSource? _timer;
    private readonly CancellationTokenSource _linked;
    private readonly CancellationToken _caller;

    public TimeLimit(TimeSpan limit, TimeProvider time, CancellationToken caller)
    {
        _caller = caller;
        _timer = limit == Timeout.InfiniteTimeSpan ? null : new CancellationTokenSource(limit, time);
        _linked = CancellationTokenSource.CreateLinkedTokenSource(caller, _timer?.Token ?? CancellationToken.None);
    }

    /// <summary>Gets the token that either ends.</summary>
    public CancellationToken Token => _linked.Token;

    /// <summary>Gets whether the limit passed while the caller still waits.</summary>
    public bool Passed => _timer is { IsCancellationRequested: true } && !_caller.IsCancellationRequested;

    public void Dispose()
    {
        _linked.Dispose();
        _timer?.Dispose();
    }
}
