using System.Collections;

namespace DaskK8s;

/// <summary>The futures of tasks that were submitted together; disposing the list disposes them.</summary>
/// <typeparam name="T">The .NET type that the results are read as.</typeparam>
public sealed class DaskFutureList<T> : IReadOnlyList<DaskFuture<T>>, IDisposable
{
    private readonly DaskFuture<T>[] _futures;

    /// <summary>Creates a list of futures, for a fake of <see cref="IDaskClient"/>.</summary>
    /// <param name="futures">The futures, in the order of the inputs. The list disposes them.</param>
    public DaskFutureList(IEnumerable<DaskFuture<T>> futures)
    {
        ArgumentNullException.ThrowIfNull(futures);
        _futures = [.. futures];
    }

    internal DaskFutureList(DaskFuture<T>[] futures) => _futures = futures;

    /// <summary>Gets the number of futures.</summary>
    public int Count => _futures.Length;

    /// <summary>Gets the future of an input.</summary>
    /// <param name="index">The input's index.</param>
    public DaskFuture<T> this[int index] => _futures[index];

    /// <summary>Enumerates the futures, in the order of the inputs.</summary>
    /// <returns>The enumerator.</returns>
    public IEnumerator<DaskFuture<T>> GetEnumerator() => ((IEnumerable<DaskFuture<T>>)_futures).GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    /// <summary>Releases all results.</summary>
    public void Dispose()
    {
        foreach (DaskFuture<T> future in _futures)
        {
            future.Dispose();
        }
    }
}
