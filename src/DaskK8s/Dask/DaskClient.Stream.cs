using System.Runtime.CompilerServices;
using System.Threading.Channels;

using DaskK8s.Common;

namespace DaskK8s;

public sealed partial class DaskClient
{
    private const int StreamBatch = 500;

    /// <summary>The default number of outstanding tasks in a stream.</summary>
    private const int DefaultOutstanding = 10_000;

    /// <summary>Submits a call of a function for each input of a stream while the futures are enumerated.</summary>
    /// <typeparam name="T">The .NET type that the results are read as.</typeparam>
    /// <param name="function">The function; each call receives one input as its only positional argument.</param>
    /// <param name="inputs">The inputs; a few hundred are read ahead.</param>
    /// <param name="options">Where and how to run; null for the options that <see cref="Annotate"/> sets.</param>
    /// <param name="cancellationToken">Cancels the stream.</param>
    /// <returns>The futures, in the order of the inputs. The caller disposes them; <see cref="GatherAsync{T}(IAsyncEnumerable{DaskFuture{T}}, int?, CancellationToken)"/> does so.</returns>
    /// <exception cref="DaskRpcException">The scheduler is configured not to run clients' functions.</exception>
    /// <exception cref="ArgumentException">An input has no JSON representation, an option cannot be meant, or the worker group does not exist.</exception>
    public async IAsyncEnumerable<DaskFuture<T>> MapAsync<T>(
        PythonFunction function,
        IAsyncEnumerable<object?> inputs,
        TaskOptions? options = null,
        [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(function);
        ArgumentNullException.ThrowIfNull(inputs);
        await foreach (object?[] batch in AsyncBatches.ReadAsync(inputs, StreamBatch, cancellationToken).ConfigureAwait(false))
        {
            DaskFuture<T>[] futures = await SubmitCoreAsync<T>(function, batch.Select(static i => (IReadOnlyList<object?>)[i]), options, cancellationToken).ConfigureAwait(false);
            int given = 0;
            try
            {
                while (given < futures.Length)
                {
                    yield return futures[given++];
                }
            }
            finally
            {
                // Those that nobody took.
                foreach (DaskFuture<T> future in futures.AsSpan(given))
                {
                    future.Dispose();
                }
            }
        }
    }

    /// <summary>Gathers the results of a stream of tasks in order, with a limited number of outstanding futures.</summary>
    /// <typeparam name="T">The .NET type that the results are read as.</typeparam>
    /// <param name="futures">The futures. Each is disposed after its result is returned, or when the stream ends.</param>
    /// <param name="maxOutstanding">The maximum number of futures that are read ahead of the current result; null for 10,000.</param>
    /// <param name="cancellationToken">Cancels the stream and releases the outstanding futures.</param>
    /// <returns>The results, in the order of the futures.</returns>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="maxOutstanding"/> is not positive.</exception>
    /// <exception cref="DaskTaskException">A task failed; the results before it were returned.</exception>
    /// <exception cref="DaskNoWorkerException">No connected or expected worker can run one of the tasks.</exception>
    /// <exception cref="DaskTaskLostException">A task was cancelled, or the scheduler no longer knows it.</exception>
    /// <exception cref="DaskResultException">A result cannot be converted to <typeparamref name="T"/>.</exception>
    public IAsyncEnumerable<T> GatherAsync<T>(
        IAsyncEnumerable<DaskFuture<T>> futures, int? maxOutstanding = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(futures);
        int most = maxOutstanding ?? DefaultOutstanding;
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(most, nameof(maxOutstanding));
        return GatherInOrderAsync(futures, most, cancellationToken);
    }

    private async IAsyncEnumerable<T> GatherInOrderAsync<T>(
        IAsyncEnumerable<DaskFuture<T>> futures, int most, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        // A part is asked for as a whole; ten of them are under way, so that the scheduler never waits for the next one.
        int size = Math.Clamp(most / 10, 1, StreamBatch);
        Channel<(DaskFuture<T>[] Futures, Task<IReadOnlyList<T>> Results)> parts =
            Channel.CreateBounded<(DaskFuture<T>[], Task<IReadOnlyList<T>>)>(Math.Max(1, (most / size) - 2));
        using CancellationTokenSource ending = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        Task reading = ReadPartsAsync(futures, size, parts.Writer, ending.Token);
        try
        {
            await foreach ((DaskFuture<T>[] part, Task<IReadOnlyList<T>> results) in parts.Reader.ReadAllAsync(cancellationToken).ConfigureAwait(false))
            {
                IReadOnlyList<T> all;
                try
                {
                    all = await results.ConfigureAwait(false);
                }
                finally
                {
                    Array.ForEach(part, static f => f.Dispose());
                }

                foreach (T result in all)
                {
                    yield return result;
                }
            }
        }
        finally
        {
            await ending.CancelAsync().ConfigureAwait(false);
            await reading.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            while (parts.Reader.TryRead(out (DaskFuture<T>[] Futures, Task<IReadOnlyList<T>> Results) left))
            {
                Array.ForEach(left.Futures, static f => f.Dispose());
                await ((Task)left.Results).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    private async Task ReadPartsAsync<T>(
        IAsyncEnumerable<DaskFuture<T>> futures, int size, ChannelWriter<(DaskFuture<T>[] Futures, Task<IReadOnlyList<T>> Results)> parts, CancellationToken cancellationToken)
    {
        try
        {
            await foreach (DaskFuture<T>[] part in AsyncBatches.ReadAsync(futures, size, cancellationToken).ConfigureAwait(false))
            {
                bool isTaken = false;
                try
                {
                    // Room first: what is not asked for yet is not kept either.
                    isTaken = await parts.WaitToWriteAsync(cancellationToken).ConfigureAwait(false)
                        && parts.TryWrite((part, GatherAsync(part, progress: null, cancellationToken)));
                }
                finally
                {
                    if (!isTaken)
                    {
                        Array.ForEach(part, static f => f.Dispose());
                    }
                }
            }

            parts.Complete();
        }
        catch (Exception e)
        {
            parts.Complete(e);
        }
    }
}
