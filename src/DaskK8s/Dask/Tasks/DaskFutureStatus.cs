namespace DaskK8s;

/// <summary>The status of a task.</summary>
public enum DaskFutureStatus
{
    /// <summary>The task is waiting or running.</summary>
    Pending,

    /// <summary>No connected worker can run the task; it waits for a suitable one.</summary>
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
