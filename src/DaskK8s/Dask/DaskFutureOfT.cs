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

    /// <summary>Creates a future that no cluster knows, with what its result is.</summary>
    internal DaskFuture(TaskEntry entry, Task<T> known)
        : base(null, entry) => _known = known;

    /// <summary>Waits for the task and fetches its result.</summary>
    /// <param name="timeout">The longest to wait; null for as long as it takes.</param>
    /// <param name="cancellationToken">Ends the wait; the task goes on.</param>
    /// <returns>The result.</returns>
    /// <exception cref="DaskTaskException">The task raised an exception, or the workers that ran it died.</exception>
    /// <exception cref="DaskNoWorkerException">No worker that is there or on its way can run the task.</exception>
    /// <exception cref="DaskTaskLostException">The task was cancelled, or the scheduler no longer knows it.</exception>
    /// <exception cref="DaskResultException">The result cannot be given as <typeparamref name="T"/>.</exception>
    /// <exception cref="TimeoutException">The time passed.</exception>
    public Task<T> ResultAsync(TimeSpan? timeout = null, CancellationToken cancellationToken = default) =>
        _known ?? Client!.ResultAsync<T>(Entry, timeout, cancellationToken);

    /// <summary>Waits for the task and fetches its result, telling how much of a large array or table has come.</summary>
    /// <param name="progress">Is told the bytes as they come, where the result comes in pieces.</param>
    /// <param name="timeout">The longest to wait; null for as long as it takes.</param>
    /// <param name="cancellationToken">Ends the wait; the task goes on.</param>
    /// <returns>The result.</returns>
    /// <exception cref="DaskTaskException">The task raised an exception, or the workers that ran it died.</exception>
    /// <exception cref="DaskNoWorkerException">No worker that is there or on its way can run the task.</exception>
    /// <exception cref="DaskTaskLostException">The task was cancelled, or the scheduler no longer knows it.</exception>
    /// <exception cref="DaskResultException">The result cannot be given as <typeparamref name="T"/>.</exception>
    /// <exception cref="DaskTransferException">Worker after worker was lost while the result was fetched.</exception>
    /// <exception cref="TimeoutException">The time passed.</exception>
    public Task<T> ResultAsync(IProgress<DaskTransferProgress> progress, TimeSpan? timeout = null, CancellationToken cancellationToken = default) =>
        _known ?? Client!.ResultAsync<T>(Entry, progress, timeout, cancellationToken);

    /// <summary>Waits for the task and fetches its result, read by source-generated code: no reflection is needed.</summary>
    /// <param name="resultType">How the result is read, with the options of its context.</param>
    /// <param name="timeout">The longest to wait; null for as long as it takes.</param>
    /// <param name="cancellationToken">Ends the wait; the task goes on.</param>
    /// <returns>The result.</returns>
    /// <exception cref="DaskTaskException">The task raised an exception, or the workers that ran it died.</exception>
    /// <exception cref="DaskNoWorkerException">No worker that is there or on its way can run the task.</exception>
    /// <exception cref="DaskTaskLostException">The task was cancelled, or the scheduler no longer knows it.</exception>
    /// <exception cref="DaskResultException">The result cannot be given as <typeparamref name="T"/>.</exception>
    /// <exception cref="TimeoutException">The time passed.</exception>
    public Task<T> ResultAsync(JsonTypeInfo<T> resultType, TimeSpan? timeout = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(resultType);
        return _known ?? Client!.ResultAsync<T>(Entry, timeout, cancellationToken, PythonJson.For(resultType.Options));
    }
}
