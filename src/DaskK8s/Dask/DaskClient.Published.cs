using DaskK8s.Dask;
using DaskK8s.Dask.Tasks;

namespace DaskK8s;

public sealed partial class DaskClient
{
    /// <summary>Publishes futures under a name: their results are kept, and other clients can find them, even after this client has closed.</summary>
    /// <remarks>
    /// Python's <c>client.get_dataset(name)</c> returns the publication as a list of futures, and Python's publications are found with
    /// <see cref="FindAsync{T}"/>. A publication ends with <see cref="UnpublishAsync"/> or when the scheduler stops.
    /// </remarks>
    /// <param name="name">The name of the publication.</param>
    /// <param name="futures">The futures, at least one; they must belong to this client.</param>
    /// <param name="overwrite">Whether to replace a publication of the same name.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <returns>A task that completes when the futures are published.</returns>
    /// <exception cref="ArgumentException">The name is empty, there are no futures, or one belongs to another client.</exception>
    /// <exception cref="DaskDatasetException">The name is already in use.</exception>
    /// <exception cref="DaskTaskLostException">The scheduler no longer knows one of the tasks.</exception>
    public Task PublishAsync(string name, IEnumerable<DaskFuture> futures, bool overwrite = false, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(futures);
        return PublishAsync(name, [.. futures], single: false, overwrite, cancellationToken);
    }

    /// <summary>Publishes one future under a name; Python's <c>client.get_dataset(name)</c> returns the future itself.</summary>
    /// <param name="name">The name of the publication.</param>
    /// <param name="future">The future; it must belong to this client.</param>
    /// <param name="overwrite">Whether to replace a publication of the same name.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <returns>A task that completes when the future is published.</returns>
    /// <exception cref="ArgumentException">The name is empty, or the future belongs to another client.</exception>
    /// <exception cref="DaskDatasetException">The name is already in use.</exception>
    /// <exception cref="DaskTaskLostException">The scheduler no longer knows the task.</exception>
    public Task PublishAsync(string name, DaskFuture future, bool overwrite = false, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(future);
        return PublishAsync(name, [future], single: true, overwrite, cancellationToken);
    }

    /// <summary>Finds the futures that this program, another program or Python published under a name.</summary>
    /// <typeparam name="T">The .NET type that the results are read as.</typeparam>
    /// <param name="name">The name of the publication.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <returns>The futures, in the order in which they were published; disposing them does not end the publication.</returns>
    /// <exception cref="ArgumentException">The name is empty.</exception>
    /// <exception cref="DaskDatasetException">Nothing is published under the name, or the publication does not consist of futures.</exception>
    /// <exception cref="DaskTaskLostException">The publication ended during the call.</exception>
    public async Task<DaskFutureList<T>> FindAsync<T>(string name, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        IReadOnlyList<string> keys = await _life.RunAsync(token => new PublishedDatasets(_rpc).FindAsync(name, token), cancellationToken).ConfigureAwait(false);
        return new DaskFutureList<T>(await HoldAsync<T>(keys, cancellationToken).ConfigureAwait(false));
    }

    /// <summary>Returns a future for a task that another client submitted.</summary>
    /// <typeparam name="T">The .NET type that the result is read as.</typeparam>
    /// <param name="key">The task's key.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <returns>The future; the result is kept until it is disposed, even if other clients release it.</returns>
    /// <exception cref="ArgumentException">The key is empty.</exception>
    /// <exception cref="DaskTaskLostException">The scheduler has no task with this key.</exception>
    public async Task<DaskFuture<T>> GetFutureAsync<T>(string key, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(key);
        return (await HoldAsync<T>([key], cancellationToken).ConfigureAwait(false))[0];
    }

    /// <summary>Lists the names of all publications of the scheduler, including those of Python clients.</summary>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <returns>The names, sorted; names that are not strings are omitted.</returns>
    public Task<IReadOnlyList<string>> ListPublishedAsync(CancellationToken cancellationToken = default) =>
        _life.RunAsync(token => new PublishedDatasets(_rpc).ListAsync(token), cancellationToken);

    /// <summary>Ends a publication; results that no client uses are released.</summary>
    /// <param name="name">The name of the publication.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <returns>Whether the publication existed.</returns>
    /// <exception cref="ArgumentException">The name is empty.</exception>
    public Task<bool> UnpublishAsync(string name, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        return _life.RunAsync(token => new PublishedDatasets(_rpc).UnpublishAsync(name, token), cancellationToken);
    }

    private async Task PublishAsync(string name, DaskFuture[] futures, bool single, bool overwrite, CancellationToken cancellationToken)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        if (futures.Length == 0)
        {
            throw new ArgumentException($"There is no future to publish as '{name}'.", nameof(futures));
        }

        Check(futures);
        // The scheduler takes submissions on another connection than calls: those that were made before come first.
        await Session.HoldAsync([], string.Empty, cancellationToken).ConfigureAwait(false);
        await _life.RunAsync(
            token => new PublishedDatasets(_rpc).PublishAsync(name, [.. futures.Select(static f => f.Key)], single, overwrite, token), cancellationToken)
            .ConfigureAwait(false);
    }

    private async Task<DaskFuture<T>[]> HoldAsync<T>(IReadOnlyList<string> keys, CancellationToken cancellationToken)
    {
        _life.ThrowIfEnded();
        TaskEntry[] entries = await Session.HoldAsync(keys, "somebody else submitted it", cancellationToken).ConfigureAwait(false);
        if (entries.FirstOrDefault(static e => e.Status == DaskFutureStatus.Lost) is { } lost)
        {
            Array.ForEach(entries, Session.Release);
            await ThrowAsync(lost, cancellationToken).ConfigureAwait(false);
        }

        return [.. entries.Select(entry => new DaskFuture<T>(this, entry))];
    }
}
