using System.Runtime.CompilerServices;

namespace DaskK8s.Common;

/// <summary>Reads a stream in batches of the available items, without waiting for a batch to fill.</summary>
internal static class AsyncBatches
{
    /// <summary>Reads a stream.</summary>
    /// <param name="items">The stream.</param>
    /// <param name="most">The maximum number of items in a batch.</param>
    /// <param name="cancellationToken">Cancels the read.</param>
    /// <returns>The batches; none is empty.</returns>
    public static async IAsyncEnumerable<T[]> ReadAsync<T>(IAsyncEnumerable<T> items, int most, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using CancellationTokenSource ending = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        IAsyncEnumerator<T> reader = items.GetAsyncEnumerator(ending.Token);
        Task<bool> next = reader.MoveNextAsync().AsTask();
        try
        {
            List<T> batch = [];
            while (await next.ConfigureAwait(false))
            {
                batch.Add(reader.Current);
                next = reader.MoveNextAsync().AsTask();
                if (batch.Count == most || !next.IsCompleted)
                {
                    yield return [.. batch];
                    batch.Clear();
                }
            }

            if (batch.Count > 0)
            {
                yield return [.. batch];
            }
        }
        finally
        {
            // A stream is not disposed of while its next item is awaited.
            await ending.CancelAsync().ConfigureAwait(false);
            await ((Task)next).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            await reader.DisposeAsync().ConfigureAwait(false);
        }
    }
}
