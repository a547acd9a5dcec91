namespace DaskK8s.Dask.Tasks;

/// <summary>The batches that were numbered for the scheduler, until it confirms them.</summary>
internal sealed class SentBatches
{
    private readonly Queue<(long Sequence, TaskBatch Batch)> _unconfirmed = new();
    private long _last;

    /// <summary>Gets the number that was given last.</summary>
    public long Last => Volatile.Read(ref _last);

    /// <summary>Gives a batch and its tasks the next number.</summary>
    public long Number(TaskBatch batch)
    {
        lock (_unconfirmed)
        {
            long sequence = ++_last;
            _unconfirmed.Enqueue((sequence, batch));
            foreach (TaskSpecification task in batch.Tasks)
            {
                task.Entry.Sequence = sequence;
            }

            return sequence;
        }
    }

    /// <summary>Confirms what the scheduler has taken.</summary>
    /// <param name="taken">The last number that it has taken.</param>
    public void Confirm(long taken)
    {
        lock (_unconfirmed)
        {
            while (_unconfirmed.TryPeek(out (long Sequence, TaskBatch Batch) oldest) && oldest.Sequence <= taken)
            {
                _unconfirmed.Dequeue().Batch.Confirmed.TrySetResult();
            }
        }
    }

    /// <summary>Returns all that is not confirmed, in its order.</summary>
    public (long Sequence, TaskBatch Batch)[] Snapshot()
    {
        lock (_unconfirmed)
        {
            return [.. _unconfirmed];
        }
    }

    /// <summary>Takes out all that is not confirmed.</summary>
    public TaskBatch[] TakeAll()
    {
        lock (_unconfirmed)
        {
            TaskBatch[] batches = [.. _unconfirmed.Select(static u => u.Batch)];
            _unconfirmed.Clear();
            return batches;
        }
    }
}
