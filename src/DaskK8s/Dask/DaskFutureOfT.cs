using System.Text.Json.Serialization.Metadata;

using DaskK8s.Dask.Tasks;
using DaskK8s.Dask.Protocol;

namespace DaskK8s;

/// <summary>The result of a task on the cluster.</summary>
/// <typeparam name="T">The .NET type that the result is read as.</typeparam>
public sealed class DaskFuture<T> : DaskFuture
{
    private readonly Task<T>? _known;

    internal DaskFuture(DaskClient client, TaskEntry entry)
        : base(client, entry)
    {
    }

    /// <summary>Creates a future without a cluster, with a known result.</summary>
    internal DaskFuture(TaskEntry entry, Task<T> known)
        : base(null, entry) => _known = known;

    /// <summary>Waits for the task and fetches its result.</summary>
    /// <param name="timeout">The time limit; null for no limit.</param>
    /// <param name="cancellationToken">Cancels the wait; the task continues.</param>
    /// <returns>The result.</returns>
    /// <exception cref="DaskTaskException">The task raised an exception, or the workers that ran it died.</exception>
    /// <exception cref="DaskNoWorkerException">No connected or expected worker can run the task.</exception>
    /// <exception cref="DaskTaskLostException">The task was cancelled, or the scheduler no longer knows it.</exception>
    /// <exception cref="DaskResultException">The result cannot be converted to <typeparamref name="T"/>.</exception>
    /// <exception cref="TimeoutException">The time limit expired.</exception>
    public Task<T> ResultAsync(TimeSpan? timeout = null, CancellationToken cancellationToken = default) =>
        _known ?? Client!.ResultAsync<T>(Entry, timeout, cancellationToken);

    /// <summary>Waits for the task and fetches its result, reporting the transfer of large arrays and tables.</summary>
    /// <param name="progress">Receives the number of transferred bytes if the result is sent in pieces.</param>
    /// <param name="timeout">The time limit; null for no limit.</param>
    /// <param name="cancellationToken">Cancels the wait; the task continues.</param>
    /// <returns>The result.</returns>
    /// <exception cref="DaskTaskException">The task raised an exception, or the workers that ran it died.</exception>
    /// <exception cref="DaskNoWorkerException">No connected or expected worker can run the task.</exception>
    /// <exception cref="DaskTaskLostException">The task was cancelled, or the scheduler no longer knows it.</exception>
    /// <exception cref="DaskResultException">The result cannot be converted to <typeparamref name="T"/>.</exception>
    /// <exception cref="DaskTransferException">Several workers in succession were lost during the transfer.</exception>
    /// <exception cref="TimeoutException">The time limit expired.</exception>
    public Task<T> ResultAsync(IProgress<DaskTransferProgress> progress, TimeSpan? timeout = null, CancellationToken cancellationToken = default) =>
        _known ?? Client!.ResultAsync<T>(Entry, progress, timeout, cancellationToken);

    /// <summary>Waits for the task and fetches its result, using source-generated code instead of reflection.</summary>
    /// <param name="resultType">The JSON metadata for reading the result, including the options of its context.</param>
    /// <param name="timeout">The time limit; null for no limit.</param>
    /// <param name="cancellationToken">Cancels the wait; the task continues.</param>
    /// <returns>The result.</returns>
    /// <exception cref="DaskTaskException">The task raised an exception, or the workers that ran it died.</exception>
    /// <exception cref="DaskNoWorkerException">No connected or expected worker can run the task.</exception>
    /// <exception cref="DaskTaskLostException">The task was cancelled, or the scheduler no longer knows it.</exception>
    /// <exception cref="DaskResultException">The result cannot be converted to <typeparamref name="T"/>.</exception>
    /// <exception cref="TimeoutException">The time limit expired.</exception>
    public Task<T> ResultAsync(JsonTypeInfo<T> resultType, TimeSpan? timeout = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(resultType);
        return _known ?? Client!.ResultAsync<T>(Entry, timeout, cancellationToken, PythonJson.For(resultType.Options));
    }
}
