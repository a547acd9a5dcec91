using System.Runtime.CompilerServices;

namespace DaskK8s.Common;

/// <summary>The life of a disposable object: its calls end with it, as <see cref="ObjectDisposedException"/>, and its streams end.</summary>
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

    /// <summary>Gets a token that the object's end cancels.</summary>
    public CancellationToken Token => _end.Token;

    /// <summary>Gets whether the object was disposed.</summary>
    public bool HasEnded => Volatile.Read(ref _ended) != 0;

    /// <summary>Ends everything that runs under the token.</summary>
    /// <returns>Whether this was the first call.</returns>
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

    /// <summary>Waits, after the end, for calls that are under way: they put back what they have begun.</summary>
    /// <param name="limit">The longest wait; a call that a handler of its own disposes the object from cannot end before it.</param>
    /// <param name="time">The clock.</param>
    /// <returns>A task that ends when no call is under way, or with the limit.</returns>
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

    /// <summary>Throws where the object was disposed.</summary>
    public void ThrowIfEnded() => ObjectDisposedException.ThrowIf(HasEnded, owner);

    /// <summary>Creates a call that the caller's token and the object's end both end.</summary>
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

    /// <summary>Creates a call without a result that the caller's token and the object's end both end.</summary>
    public Task RunAsync(Func<CancellationToken, Task> call, CancellationToken caller) => RunAsync(
        async ct =>
        {
            await call(ct).ConfigureAwait(false);
            return true;
        },
        caller);

    /// <summary>Returns a stream that ends with the object, without an error; the caller's token cancels it.</summary>
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
