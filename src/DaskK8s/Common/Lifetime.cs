using System.Runtime.CompilerServices;

namespace DaskK8s.Common;

/// <summary>The life of a disposable object: its calls end with it, as <see cref="ObjectDisposedException"/>, and its streams end.</summary>
/// <param name="owner">The object's type, for errors.</param>
#pragma warning disable CA1001 // Without a timer a source holds nothing, and calls that are under way still use its token.
internal sealed class Lifetime(Type owner)
#pragma warning restore CA1001
{
    private readonly CancellationTokenSource _end = new();
    private int _ended;

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
        return true;
    }

    /// <summary>Throws where the object was disposed.</summary>
    public void ThrowIfEnded() => ObjectDisposedException.ThrowIf(HasEnded, owner);

    /// <summary>Makes a call that the caller's token and the object's end both end.</summary>
    public async Task<T> RunAsync<T>(Func<CancellationToken, Task<T>> call, CancellationToken caller)
    {
        ThrowIfEnded();
        using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(caller, Token);
        try
        {
            return await call(either.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (caller.IsCancellationRequested)
        {
            throw new OperationCanceledException(caller);
        }
        catch (Exception e) when (HasEnded && e is not ObjectDisposedException)
        {
            // Whatever broke, broke because the object is gone.
            throw new ObjectDisposedException(owner.FullName);
        }
    }

    /// <summary>Makes a call without a result that the caller's token and the object's end both end.</summary>
    public Task RunAsync(Func<CancellationToken, Task> call, CancellationToken caller) => RunAsync(
        async ct =>
        {
            await call(ct).ConfigureAwait(false);
            return true;
        },
        caller);

    /// <summary>Gives a stream that ends with the object, without an error; the caller's token cancels it.</summary>
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
}
