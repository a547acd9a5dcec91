namespace DaskK8s.Common;

/// <summary>The end of a wait: the caller's token, a time limit and the called object's lifetime; it shows which came first.</summary>
/// <remarks>The only implementation of time limits. A limit of <see cref="Timeout.InfiniteTimeSpan"/> never elapses.</remarks>
internal sealed class TimeLimit : IDisposable
{
    /// <summary>How long a cancelled call may take to put right what it began: a call ends within a second of its cancellation.</summary>
    public static readonly TimeSpan Grace = TimeSpan.FromMilliseconds(800);

    private readonly CancellationTokenSource? _timer;
    private readonly CancellationTokenSource _linked;
    private readonly CancellationToken _caller;
    private readonly CancellationToken _lifetime;

    public TimeLimit(TimeSpan limit, TimeProvider time, CancellationToken caller, CancellationToken lifetime = default)
    {
        _caller = caller;
        _lifetime = lifetime;
        _timer = limit == Timeout.InfiniteTimeSpan ? null : new CancellationTokenSource(limit, time);
        _linked = CancellationTokenSource.CreateLinkedTokenSource(caller, lifetime, _timer?.Token ?? CancellationToken.None);
    }

    /// <summary>Gets the token that any of the three cancels.</summary>
    public CancellationToken Token => _linked.Token;

    /// <summary>Gets whether the limit elapsed before the caller cancelled or the object was disposed.</summary>
    public bool Passed => _timer is { IsCancellationRequested: true } && !_caller.IsCancellationRequested && !_lifetime.IsCancellationRequested;

    /// <summary>Gets whether the object was disposed before the caller cancelled.</summary>
    public bool Ended => _lifetime.IsCancellationRequested && !_caller.IsCancellationRequested;

    /// <summary>Begins to count anew; a limit that never passes stays one.</summary>
    /// <param name="limit">The limit from now on.</param>
    public void Restart(TimeSpan limit) => _timer?.CancelAfter(limit);

    /// <summary>Waits for work that might ignore its token; when the limit elapses, the work is abandoned and later errors are ignored.</summary>
    /// <typeparam name="T">The type of the result.</typeparam>
    /// <param name="work">The work, which was given <see cref="Token"/>.</param>
    /// <returns>The result.</returns>
    /// <exception cref="OperationCanceledException">One of the three came first.</exception>
    public async Task<T> WaitAsync<T>(Task<T> work)
    {
        try
        {
            return await work.WaitAsync(Token).ConfigureAwait(false);
        }
        catch
        {
            _ = AbandonAsync(work);
            throw;
        }
    }

    /// <summary>Abandons work that is no longer awaited; its exception counts as observed.</summary>
    /// <param name="work">The work.</param>
    public static void Forget(Task work) => work.ContinueWith(
        static t => t.Exception, CancellationToken.None, TaskContinuationOptions.OnlyOnFaulted | TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);

    /// <summary>Cancels a source <see cref="Grace"/> after its caller has cancelled.</summary>
    /// <param name="end">The source.</param>
    /// <param name="caller">The caller's token.</param>
    /// <returns>The registration, to be disposed before the source.</returns>
    public static CancellationTokenRegistration CancelAfterGrace(CancellationTokenSource end, CancellationToken caller) =>
        caller.UnsafeRegister(static source => ((CancellationTokenSource)source!).CancelAfter(Grace), end);

    /// <summary>Waits for work that must be completed even if its caller cancels: after the cancellation only for <see cref="Grace"/>, while the work continues.</summary>
    /// <param name="work">The work, which does not observe the caller's token.</param>
    /// <param name="time">The clock.</param>
    /// <param name="caller">The caller's token.</param>
    public static async Task WaitWithGraceAsync(Task work, TimeProvider time, CancellationToken caller)
    {
        using CancellationTokenSource end = new(Timeout.InfiniteTimeSpan, time);
        using CancellationTokenRegistration cancelled = CancelAfterGrace(end, caller);
        try
        {
            await work.WaitAsync(end.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (end.IsCancellationRequested)
        {
            Forget(work);
        }
    }

    /// <summary>Disposes the result of abandoned work, because a response holds a connection.</summary>
    private static async Task AbandonAsync<T>(Task<T> work)
    {
        try
        {
            if (await work.ConfigureAwait(false) is IDisposable late)
            {
                late.Dispose();
            }
        }
#pragma warning disable CA1031 // Its error is nobody's.
        catch (Exception)
#pragma warning restore CA1031
        {
        }
    }

    public void Dispose()
    {
        _linked.Dispose();
        _timer?.Dispose();
    }
}
