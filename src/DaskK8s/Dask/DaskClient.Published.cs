using DaskK8s.Dask;
using DaskK8s.Dask.Tasks;

namespace DaskK8s;

public sealed partial class DaskClient
{
    /// <summary>Publishes futures under a name, so that their results stay and others find them, whoever has left.</summary>
    /// <remarks>
    /// A publication is Dask's own: Python's <c>client.get_dataset(name)</c> gives a list of futures, and what Python publishes is found with
    /// <see cref="FindAsync{T}"/>. It ends with <see cref="UnpublishAsync"/> or with the scheduler.
    /// </remarks>
    /// <param name="name">The name of the publication.</param>
    /// <param name="futures">The futures of this client; at least one.</param>
    /// <param name="overwrite">Whether a publication of the same name is replaced.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    /// <returns>A task that ends when the scheduler keeps the results.</returns>
    /// <exception cref="ArgumentException">The name is empty, there is no future, or one is of another client.</exception>
    /// <exception cref="DaskDatasetException">The name is taken.</exception>
    /// <exception cref="DaskTaskLostException">The scheduler no longer knows one of the tasks.</exception>
    public Task PublishAsync(string name, IEnumerable<DaskFuture> futures, bool overwrite = false, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(futures);
        return PublishAsync(name, [.. futures], single: false, overwrite, cancellationToken);
    }

    /// <summary>Publishes one future under a name; Python's <c>client.get_dataset(name)</c> gives the future itself.</summary>
    /// <param name="name">The name of the publication.</param>
    /// <param name="future">The future, of this client.</param>
    /// <param name="overwrite">Whether a publication of the same name is replaced.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    /// <returns>A task that ends when the scheduler keeps the result.</returns>
    /// <exception cref="ArgumentException">The name is empty, or the future is of another client.</exception>
    /// <exception cref="DaskDatasetException">The name is taken.</exception>
    /// <exception cref="DaskTaskLostException">The scheduler no longer knows the task.</exception>
    public Task PublishAsync(string name, DaskFuture future, bool overwrite = false, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(future);
        return PublishAsync(name, [future], single: true, overwrite, cancellationToken);
    }

    /// <summary>Finds what was published under a name, by this program, another one or Python.</summary>
    /// <typeparam name="T">The .NET type that the results are read as.</typeparam>
    /// <param name="name">The name of the publication.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    /// <returns>The futures in the order in which they were published; disposing them leaves the publication as it is.</returns>
    /// <exception cref="ArgumentException">The name is empty.</exception>
    /// <exception cref="DaskDatasetException">Nothing is published under the name, or it is not made of futures.</exception>
    /// <exception cref="DaskTaskLostException">It was unpublished at the same moment.</exception>
    public async Task<DaskFutureList<T>> FindAsync<T>(string name, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        IReadOnlyList<string> keys = await _life.RunAsync(token => new PublishedDatasets(_rpc).FindAsync(name, token), cancellationToken).ConfigureAwait(false);
        return new DaskFutureList<T>(await HoldAsync<T>(keys, cancellationToken).ConfigureAwait(false));
    }

    /// <summary>Takes a share in a task that somebody else submitted.</summary>
    /// <typeparam name="T">The .NET type that the result is read as.</typeparam>
    /// <param name="key">The task's key.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    /// <returns>The future; while it is not disposed, the result stays, whatever others let go of.</returns>
    /// <exception cref="ArgumentException">The key is empty.</exception>
    /// <exception cref="DaskTaskLostException">The scheduler knows no task of this key.</exception>
    public async Task<DaskFuture<T>> GetFutureAsync<T>(string key, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(key);
        return (await HoldAsync<T>([key], cancellationToken).ConfigureAwait(false))[0];
    }

    /// <summary>Lists the names of all publications of the scheduler, those of Python's clients included.</summary>
    /// <param name="cancellationToken">Ends the call.</param>
    /// <returns>The names, sorted; names that are not text are left out.</returns>
    public Task<IReadOnlyList<string>> ListPublishedAsync(CancellationToken cancellationToken = default) =>
        _life.RunAsync(token => new PublishedDatasets(_rpc).ListAsync(token), cancellationToken);

    /// <summary>Ends a publication: results that nobody else holds are forgotten.</summary>
    /// <param name="name">The name of the publication.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    /// <returns>Whether there was such a publication.</returns>
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
