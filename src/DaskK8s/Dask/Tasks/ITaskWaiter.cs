namespace DaskK8s.Dask.Tasks;

/// <summary>Receives the changes of the tasks that it is registered with.</summary>
internal interface ITaskWaiter
{
    /// <summary>Takes note of a change; must not block.</summary>
    /// <param name="task">The task.</param>
    /// <param name="before">The status that it had.</param>
    /// <param name="after">The status that it has.</param>
    void Changed(TaskEntry task, DaskFutureStatus before, DaskFutureStatus after);
}
