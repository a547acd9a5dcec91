namespace DaskK8s.Dask.Tasks;

/// <summary>Receives the changes of the tasks that it is registered with.</summary>
internal interface ITaskWaiter
{
    /// <summary>Handles a change; must not block.</summary>
    /// <param name="task">The task.</param>
    /// <param name="before">The previous status.</param>
    /// <param name="after">The new status.</param>
    void Changed(TaskEntry task, DaskFutureStatus before, DaskFutureStatus after);
}
