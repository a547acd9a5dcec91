using System.Runtime.CompilerServices;

using DaskK8s.Dask.Data;

namespace DaskK8s;

/// <summary>The bytes of a result, in the pieces that a worker sends.</summary>
public sealed class DaskContent
{
    // Enough to keep the tunnel busy while a piece is read, and a bound on memory.
    private const int Ahead = 3;

    private readonly Func<int, CancellationToken, Task<ReadOnlyMemory<byte>>> _fetch;
    private readonly IProgress<DaskTransferProgress>? _progress;
    private readonly int _pieces;
    private readonly Func<ResultLease?>? _retain;
    private ResultLease? _first;

    internal DaskContent(
        string key,
        long length,
        int pieces,
        Func<int, CancellationToken, Task<ReadOnlyMemory<byte>>> fetch,
        IProgress<DaskTransferProgress>? progress,
        Func<ResultLease?>? retain = null)
    {
        _retain = retain;
        _first = retain?.Invoke();
        Key = key;
        Length = length;
        _pieces = pieces < 0 ? int.MaxValue : pieces;
        _fetch = fetch;
        _progress = progress;
    }

    /// <summary>Gets the key of the task.</summary>
    public string Key { get; }

    /// <summary>Gets the number of bytes, as estimated by the worker.</summary>
    public long Length { get; }

    /// <summary>Reads the pieces in order; a few are transferred at a time.</summary>
    /// <param name="cancellationToken">Cancels the wait.</param>
    /// <returns>The pieces.</returns>
    /// <exception cref="DaskTransferException">The worker that held the result is gone, or the task was released after they were read once.</exception>
    public async IAsyncEnumerable<ReadOnlyMemory<byte>> ReadPiecesAsync([EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        using ResultLease? lease = Lease();
        using CancellationTokenSource ended = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        Queue<Task<ReadOnlyMemory<byte>>> coming = new();
        long read = 0;
        try
        {
            for (int next = 0; next < _pieces || coming.Count > 0;)
            {
                // Who begins to read what is computed meanwhile begins with the first piece.
                int ahead = next == 1 && read == 0 && _pieces == int.MaxValue ? 1 : Ahead;
                while (next < _pieces && coming.Count < ahead)
                {
                    coming.Enqueue(_fetch(next++, ended.Token));
                }

                ReadOnlyMemory<byte> piece = await coming.Dequeue().ConfigureAwait(false);
                if (piece.IsEmpty && _pieces == int.MaxValue)
                {
                    // The end, where nobody knew how many there are. Those that were asked for meanwhile are past it too.
                    next = _pieces;
                    continue;
                }

                read += piece.Length;
                _progress?.Report(new DaskTransferProgress(read, Math.Max(read, Length)));
                yield return piece;
            }
        }
        finally
        {
            await ended.CancelAsync().ConfigureAwait(false);
            foreach (Task<ReadOnlyMemory<byte>> left in coming)
            {
                await ((Task)left).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    /// <summary>Returns the lease that holds the task while its result is read; null if the caller holds it.</summary>
    private ResultLease? Lease() => _retain is null ? null
        : Interlocked.Exchange(ref _first, null) ?? _retain()
        ?? throw new DaskTransferException(Key, $"The result of task '{Key}' was released when it had been read, or when its future was disposed. Run the task again to read it again.");
}
