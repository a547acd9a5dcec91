using DaskK8s.Dask.Tasks;

namespace DaskK8s;

/// <summary>The result of a task on the cluster. It can be an argument of other tasks.</summary>
/// <remarks>Disposing the future releases the result: the cluster deletes it when no future and no other client needs it.</remarks>
public abstract partial class DaskFuture : IDisposable
{
    private bool _disposed;

    private protected DaskFuture(DaskClient? client, TaskEntry entry)
    {
        Client = client;
        Entry = entry;
    }

    /// <summary>Gets the task's key: its name in the cluster.</summary>
    public string Key => Entry.Key;

    /// <summary>Gets the status of the task, as last reported to this client.</summary>
    public DaskFutureStatus Status => Entry.Status;

    /// <summary>Gets the number of submissions of the task: more than one if it was lost with its scheduler and resubmitted.</summary>
    /// <remarks>See <see cref="DaskClientOptions.ResubmitLostWork"/>. Dask's own retries on other workers are not counted.</remarks>
    public int Attempts => Entry.Attempts;

    internal TaskEntry Entry { get; }

    /// <summary>Gets the client that submitted the task, or null if the future does not belong to a cluster.</summary>
    internal DaskClient? Client { get; }

    /// <summary>Waits until the task ends, with or without a result.</summary>
    /// <param name="cancellationToken">Cancels the wait; the task continues.</param>
    /// <returns>The status; never <see cref="DaskFutureStatus.Pending"/>. <see cref="DaskFutureStatus.NoWorker"/> means that the task cannot start.</returns>
    public Task<DaskFutureStatus> WaitAsync(CancellationToken cancellationToken = default) =>
        Client is null ? Task.FromResult(Status) : Client.WaitAsync(Entry, cancellationToken);

    /// <summary>Cancels the task and releases its result. A running task is not interrupted; its result is discarded.</summary>
    /// <param name="cancellationToken">Cancels the wait for the request to be sent.</param>
    /// <returns>A task that completes when the request is sent.</returns>
    /// <remarks>The task is not cancelled for other clients that use the same key.</remarks>
    public Task CancelAsync(CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        Client?.Cancel(Entry);
        return Task.CompletedTask;
    }

    /// <summary>Releases the task's result.</summary>
    public void Dispose()
    {
        Dispose(disposing: true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Returns the key and the status.</summary>
    /// <returns>The string.</returns>
    public override string ToString() => $"DaskFuture('{Key}', {Status})";

    /// <summary>Releases the task's result.</summary>
    /// <param name="disposing">Always true: there is no finalizer.</param>
    protected virtual void Dispose(bool disposing)
    {
        if (!_disposed)
        {
            _disposed = true;
            Client?.Release(Entry);
        }
    }
}
