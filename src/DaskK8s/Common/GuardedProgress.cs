using System.Runtime.ExceptionServices;

namespace DaskK8s.Common;

/// <summary>A wrapper around a user's progress callback for one call: an exception of the callback ends only that call.</summary>
/// <remarks>
/// It may be called on any thread. After the first error it is not called again; <see cref="Failed"/> ends the call's waits, and
/// <see cref="ThrowIfFailed"/> throws the callback's own exception to the caller.
/// </remarks>
internal sealed class GuardedProgress<T>(IProgress<T> inner) : IProgress<T>, IDisposable
{
    private readonly CancellationTokenSource _failed = new();
    private ExceptionDispatchInfo? _error;

    /// <summary>Gets a token that is cancelled when the callback first throws.</summary>
    public CancellationToken Failed => _failed.Token;

    /// <summary>Runs a call; the callback's first exception ends the call and is thrown.</summary>
    /// <param name="inner">The callback, or null for none.</param>
    /// <param name="call">The call; it receives the guarded callback.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <returns>The call's result.</returns>
    public static async Task<TResult> RunAsync<TResult>(
        IProgress<T>? inner, Func<GuardedProgress<T>?, CancellationToken, Task<TResult>> call, CancellationToken cancellationToken)
    {
        using GuardedProgress<T>? guarded = inner is null ? null : new GuardedProgress<T>(inner);
        using CancellationTokenSource ended = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, guarded?.Failed ?? default);
        try
        {
            return await call(guarded, ended.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            cancellationToken.ThrowIfCancellationRequested();
            guarded?.ThrowIfFailed();
            throw;
        }
    }

    public void Report(T value)
    {
        if (Volatile.Read(ref _error) is not null)
        {
            return;
        }

        try
        {
            inner.Report(value);
        }
#pragma warning disable CA1031 // User code may throw anything.
        catch (Exception e)
#pragma warning restore CA1031
        {
            if (Interlocked.CompareExchange(ref _error, ExceptionDispatchInfo.Capture(e), null) is null)
            {
                // Never inline: continuations of the call would run on the thread that reported.
                _ = _failed.CancelAsync();
            }
        }
    }

    /// <summary>Throws the callback's exception, if it threw one.</summary>
    public void ThrowIfFailed() => Volatile.Read(ref _error)?.Throw();

    public void Dispose() => _failed.Dispose();
}
