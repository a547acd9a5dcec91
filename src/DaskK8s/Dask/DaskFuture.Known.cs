using DaskK8s.Dask.Tasks;

namespace DaskK8s;

public abstract partial class DaskFuture
{
    private static readonly TaskOptions NoOptions = new();

    /// <summary>Creates a finished future without a cluster, for unit tests of code that calls <see cref="IDaskClient"/>.</summary>
    /// <typeparam name="T">The type of the result.</typeparam>
    /// <param name="result">The result.</param>
    /// <param name="key">The key; null for a unique one.</param>
    /// <returns>The future. A <see cref="DaskClient"/> does not accept it as an argument, because no worker holds its value.</returns>
    public static DaskFuture<T> FromResult<T>(T result, string? key = null) =>
        new(NewEntry(key, DaskFutureStatus.Finished, null), Task.FromResult(result));

    /// <summary>Creates a future that failed, without a cluster, for unit tests of code that calls <see cref="IDaskClient"/>.</summary>
    /// <typeparam name="T">The type of the result.</typeparam>
    /// <param name="exception">
    /// The exception of <see cref="DaskFuture{T}.ResultAsync(TimeSpan?, CancellationToken)"/>. It determines <see cref="Status"/>: <see cref="DaskFutureStatus.NoWorker"/> for a
    /// <see cref="DaskNoWorkerException"/>, the exception's own status for a <see cref="DaskTaskLostException"/>, otherwise <see cref="DaskFutureStatus.Failed"/>.
    /// </param>
    /// <param name="key">The key; null for the exception's key or, if it has none, a unique one.</param>
    /// <returns>The future.</returns>
    public static DaskFuture<T> FromException<T>(Exception exception, string? key = null)
    {
        ArgumentNullException.ThrowIfNull(exception);
        (string? known, DaskFutureStatus status) = exception switch
        {
            DaskNoWorkerException e => (e.Key, DaskFutureStatus.NoWorker),
            DaskTaskLostException e => (e.Key, e.Status),
            DaskTaskException e => (e.Key, DaskFutureStatus.Failed),
            OperationCanceledException => (null, DaskFutureStatus.Cancelled),
            _ => (null, DaskFutureStatus.Failed),
        };
        return new DaskFuture<T>(NewEntry(key ?? known, status, exception.Message), Task.FromException<T>(exception));
    }

    private static TaskEntry NewEntry(string? key, DaskFutureStatus status, object? cause)
    {
        TaskEntry entry = new(key ?? "known-" + Guid.NewGuid().ToString("N"), NoOptions);
        entry.Set(status, cause);
        return entry;
    }
}
