namespace DaskK8s;

/// <summary>Tells how far a task has come.</summary>
public enum DaskFutureStatus
{
    /// <summary>The task waits or runs.</summary>
    Pending,

    /// <summary>No worker that is there can run the task; it waits for one that can.</summary>
    NoWorker,

    /// <summary>The result is in the memory of a worker.</summary>
    Finished,

    /// <summary>The task raised an exception, or the workers that ran it died.</summary>
    Failed,

    /// <summary>The task was cancelled.</summary>
    Cancelled,

    /// <summary>The scheduler no longer knows the task: it restarted, or the data that the task needs is lost.</summary>
    Lost,
}
