using System.Runtime.CompilerServices;

namespace DaskK8s.Common;

/// <summary>The lifetime of an object: disposal ends its calls with <see cref="ObjectDisposedException"/> and completes its streams.</summary>
/// <param name="owner">The object's type, for errors.</param>
#pragma warning disable CA1001 // Without a timer a source holds nothing, and calls that are under way still use its token.
internal sealed class Lifetime(Type owner)
#pragma warning restore CA1001
{
    private readonly CancellationTokenSource _end = new();
    private readonly TaskCompletionSource _drained = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _ended;

    // The object itself counts as one until it ends.
    private int _running = 1;

    /// <summary>Gets a token that is cancelled when the object is disposed.</summary>
    public CancellationToken Token => _end.Token;

    /// <summary>Gets whether the object was disposed.</summary>
    public bool HasEnded => Volatile.Read(ref _ended) != 0;

    /// <summary>Cancels everything that uses the token.</summary>
    /// <returns>True if this was the first call.</returns>
    public bool TryEnd()
    {
        if (Interlocked.Exchange(ref _ended, 1) != 0)
        {
            return false;
        }

        // Not inline: whoever waits goes on on a thread of its own, and its handlers may throw.
        TimeLimit.Forget(_end.CancelAsync());
        Leave();
        return true;
    }

    /// <summary>Waits, after disposal, for calls in progress: they undo unfinished changes.</summary>
    /// <param name="limit">The maximum wait; a call whose own handler disposes the object cannot end before this method returns.</param>
    /// <param name="time">The clock.</param>
    /// <returns>A task that completes when no call is in progress, or when the limit has elapsed.</returns>
    public async Task DrainAsync(TimeSpan limit, TimeProvider time)
    {
        try
        {
            await _drained.Task.WaitAsync(limit, time).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            // They find out by themselves.
        }
    }

    /// <summary>Throws if the object was disposed.</summary>
    public void ThrowIfEnded() => ObjectDisposedException.ThrowIf(HasEnded, owner);

    /// <summary>Runs a call that ends when the caller's token is cancelled or the object is disposed.</summary>
    public async Task<T> RunAsync<T>(Func<CancellationToken, Task<T>> call, CancellationToken caller)
    {
        ThrowIfEnded();
        Interlocked.Increment(ref _running);
        using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(caller, Token);
        try
        {
            return await call(either.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (caller.IsCancellationRequested)
        {
            throw new OperationCanceledException(caller);
        }
        catch (Exception) when (HasEnded)
        {
            // Whatever broke, broke because the object is gone.
            throw new ObjectDisposedException(owner.FullName);
        }
        finally
        {
            Leave();
        }
    }

    /// <summary>Runs a call without a result that ends when the caller's token is cancelled or the object is disposed.</summary>
    public Task RunAsync(Func<CancellationToken, Task> call, CancellationToken caller) => RunAsync(
        async ct =>
        {
            await call(ct).ConfigureAwait(false);
            return true;
        },
        caller);

    /// <summary>Returns a stream that completes without an error when the object is disposed; the caller's token cancels it.</summary>
    public async IAsyncEnumerable<T> StreamAsync<T>(
        Func<CancellationToken, IAsyncEnumerable<T>> items, [EnumeratorCancellation] CancellationToken caller = default)
    {
        ThrowIfEnded();
        using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(caller, Token);
        IAsyncEnumerator<T> all = items(either.Token).GetAsyncEnumerator(either.Token);
        await using ConfiguredAsyncDisposable disposal = all.ConfigureAwait(false);
        while (true)
        {
            try
            {
                if (!await all.MoveNextAsync().ConfigureAwait(false))
                {
                    yield break;
                }
            }
            catch (OperationCanceledException) when (caller.IsCancellationRequested)
            {
                throw new OperationCanceledException(caller);
            }
            catch (Exception) when (HasEnded)
            {
                yield break;
            }

            yield return all.Current;
        }
    }

    private void Leave()
    {
        if (Interlocked.Decrement(ref _running) == 0)
        {
            _drained.TrySetResult();
        }
    }
}
