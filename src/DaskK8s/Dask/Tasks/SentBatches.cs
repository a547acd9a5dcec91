namespace DaskK8s.Dask.Tasks;

/// <summary>The numbered batches that the scheduler has not confirmed yet.</summary>
internal sealed class SentBatches
{
    private readonly Queue<(long Sequence, TaskBatch Batch)> _unconfirmed = new();
    private long _last;

    /// <summary>Gets the last assigned number.</summary>
    public long Last => Volatile.Read(ref _last);

    /// <summary>Assigns the next sequence number to a batch and its tasks.</summary>
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

    /// <summary>Confirms the batches that the scheduler has accepted.</summary>
    /// <param name="taken">The last number that it has accepted.</param>
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

    /// <summary>Returns the unconfirmed batches in order.</summary>
    public (long Sequence, TaskBatch Batch)[] Snapshot()
    {
        lock (_unconfirmed)
        {
            return [.. _unconfirmed];
        }
    }

    /// <summary>Removes and returns the unconfirmed batches.</summary>
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
