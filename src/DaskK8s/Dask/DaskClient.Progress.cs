using System.Runtime.CompilerServices;

using DaskK8s.Dask;
using DaskK8s.Dask.Tasks;

namespace DaskK8s;

public sealed partial class DaskClient
{
    private static readonly TimeSpan ProgressPause = TimeSpan.FromMilliseconds(100);

    /// <summary>Reports the progress of a set of tasks by function until all of them have ended.</summary>
    /// <param name="futures">The futures.</param>
    /// <param name="cancellationToken">Cancels the stream; the tasks continue.</param>
    /// <returns>
    /// The current counts, and new ones after changes, at most ten times a second; the last counts have no pending tasks. A failed task does not end the
    /// stream. A task whose result is lost with its worker counts as pending again.
    /// </returns>
    /// <exception cref="ArgumentException">One of the futures does not belong to a cluster.</exception>
    public async IAsyncEnumerable<IReadOnlyList<DaskFunctionProgress>> Progress(
        IEnumerable<DaskFuture> futures, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(futures);
        _life.ThrowIfEnded();
        ProgressCounter counter = new(futures.Select(static f => f.Client is not null ? f.Entry : throw Unknown(f)));
        foreach (TaskEntry task in counter.Tasks)
        {
            task.Add(counter);
        }

        try
        {
            while (true)
            {
                IReadOnlyList<DaskFunctionProgress> counts = counter.Read();
                yield return counts;
                if (counts.All(static c => c.Counts.Pending == 0))
                {
                    yield break;
                }

                await _life.RunAsync(counter.WaitAsync, cancellationToken).ConfigureAwait(false);
                await _life.RunAsync(token => Task.Delay(ProgressPause, _time, token), cancellationToken).ConfigureAwait(false);
            }
        }
        finally
        {
            foreach (TaskEntry task in counter.Tasks)
            {
                task.Remove(counter);
            }
        }
    }
}
