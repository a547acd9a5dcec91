using DaskK8s.Dask.Tasks;

namespace DaskK8s;

/// <summary>The result of a task on the cluster. It can be an argument of other tasks.</summary>
/// <remarks>Disposing lets go of the result: the cluster forgets it when no future and no other client wants it.</remarks>
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

    /// <summary>Gets how far the task has come, as far as this client was told.</summary>
    public DaskFutureStatus Status => Entry.Status;

    /// <summary>Gets how often the task was submitted: more than once where it was lost with its scheduler and submitted again.</summary>
    /// <remarks>See <see cref="DaskClientOptions.ResubmitLostWork"/>. What Dask itself repeats on other workers is not counted.</remarks>
    public int Attempts => Entry.Attempts;

    internal TaskEntry Entry { get; }

    /// <summary>Gets the client that the task was submitted through, or null where no cluster knows the future.</summary>
    internal DaskClient? Client { get; }

    /// <summary>Waits until the task is over, with a result or without.</summary>
    /// <param name="cancellationToken">Ends the wait; the task goes on.</param>
    /// <returns>How it ended; never <see cref="DaskFutureStatus.Pending"/>. <see cref="DaskFutureStatus.NoWorker"/> says that it cannot begin.</returns>
    public Task<DaskFutureStatus> WaitAsync(CancellationToken cancellationToken = default) =>
        Client is null ? Task.FromResult(Status) : Client.WaitAsync(Entry, cancellationToken);

    /// <summary>Cancels the task: it is taken from the queues, and its result is forgotten. What runs already runs on, for nothing.</summary>
    /// <param name="cancellationToken">Ends the wait for the request to be handed over.</param>
    /// <returns>A task that ends when the request is handed over.</returns>
    /// <remarks>Another client that wants the same key keeps it.</remarks>
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
    /// <returns>The text.</returns>
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
