using DaskK8s.Common;

namespace DaskK8s.Dask.Tasks;

/// <summary>The client's state of a task, shared by all futures with the same key.</summary>
internal sealed class TaskEntry(string key, TaskOptions options)
{
    private object? _waiters;

    /// <summary>Gets the task's key.</summary>
    public string Key { get; } = key;

    /// <summary>Gets the task's options.</summary>
    public TaskOptions Options { get; } = options;

    /// <summary>Gets or sets the number of the task's submission.</summary>
    /// <value>The maximum value until the task is sent.</value>
    public long Sequence { get; set; } = long.MaxValue;

    /// <summary>Gets or sets the number of futures of the task.</summary>
    public int References { get; set; }

    /// <summary>Gets the keys of the results that the task needs.</summary>
    public IReadOnlyList<string> Needs { get; init; } = [];

    /// <summary>Gets or sets the workers to which the task is restricted, or null for any.</summary>
    public IReadOnlyList<string>? Workers { get; set; }

    /// <summary>Gets or sets the task's submission, if it may be resubmitted.</summary>
    public KeptTask? Kept { get; set; }

    /// <summary>Gets or sets the reason why the task cannot be resubmitted; null if resubmission was not requested.</summary>
    public Hindrance? Hindrance { get; set; }

    /// <summary>Gets or sets the number of submissions of the task.</summary>
    public int Attempts { get; set; } = 1;

    /// <summary>Gets or sets whether the result was fetched.</summary>
    public bool Gathered { get; set; }

    /// <summary>Gets or sets whether the scheduler restarted after the task was submitted; its workers are then expected to reconnect.</summary>
    public bool Survives { get; set; }

    /// <summary>Gets how often the task became stuck because no worker could run it.</summary>
    public int Stuck { get; private set; }

    /// <summary>Gets the status of the task.</summary>
    public DaskFutureStatus Status { get; private set; }

    /// <summary>Gets the reason why there is no result: a <see cref="PythonError"/>, a string or an exception.</summary>
    public object? Cause { get; private set; }

    /// <summary>Gets whether the status can no longer change.</summary>
    public bool Final => Status is DaskFutureStatus.Failed or DaskFutureStatus.Cancelled or DaskFutureStatus.Lost;

    /// <summary>Sets the status and notifies the waiters.</summary>
    /// <param name="status">The status.</param>
    /// <param name="cause">The reason why there is no result.</param>
    /// <param name="expected">The required current status; null for any.</param>
    public void Set(DaskFutureStatus status, object? cause = null, DaskFutureStatus? expected = null)
    {
        // Those who wait are told within the lock, so that each sees every change once: what they do is short.
        lock (this)
        {
            DaskFutureStatus before = Status;
            if (before == status || Final || (expected is { } only && only != before))
            {
                return;
            }

            Status = status;
            Cause = cause;
            Stuck += status == DaskFutureStatus.NoWorker ? 1 : 0;
            if (!IsEnd(before) && IsEnd(status))
            {
                Telemetry.TasksEnded.Add(1, StatusTag(status));
            }

            if (_waiters is ITaskWaiter one)
            {
                one.Changed(this, before, status);
            }
            else if (_waiters is List<ITaskWaiter> many)
            {
                foreach (ITaskWaiter waiter in many)
                {
                    waiter.Changed(this, before, status);
                }
            }
        }
    }

    private static bool IsEnd(DaskFutureStatus status) => status is not (DaskFutureStatus.Pending or DaskFutureStatus.NoWorker);

    private static KeyValuePair<string, object?> StatusTag(DaskFutureStatus status) => new("status", status switch
    {
        DaskFutureStatus.Finished => "finished",
        DaskFutureStatus.Failed => "failed",
        DaskFutureStatus.Cancelled => "cancelled",
        _ => "lost",
    });

    /// <summary>Registers for changes; the current status is reported as a change from <see cref="DaskFutureStatus.Pending"/>.</summary>
    /// <param name="waiter">The waiter to notify.</param>
    public void Add(ITaskWaiter waiter)
    {
        lock (this)
        {
            switch (_waiters)
            {
                case null:
                    _waiters = waiter;
                    break;
                case List<ITaskWaiter> list:
                    list.Add(waiter);
                    break;
                case ITaskWaiter one:
                    _waiters = new List<ITaskWaiter> { one, waiter };
                    break;
                default:
                    break;
            }

            if (Status != DaskFutureStatus.Pending)
            {
                waiter.Changed(this, DaskFutureStatus.Pending, Status);
            }
        }
    }

    /// <summary>Ends a registration.</summary>
    /// <param name="waiter">The waiter to remove.</param>
    public void Remove(ITaskWaiter waiter)
    {
        lock (this)
        {
            if (_waiters is List<ITaskWaiter> list)
            {
                list.Remove(waiter);
            }
            else if (ReferenceEquals(_waiters, waiter))
            {
                _waiters = null;
            }
        }
    }
}
