using DaskK8s.Common;

namespace DaskK8s;

/// <summary>The options of a wait for workers.</summary>
public sealed record WorkerWaitOptions
{
    /// <summary>The default time limit of a wait: 5 minutes.</summary>
    public static readonly TimeSpan DefaultTimeout = TimeSpan.FromMinutes(5);

    /// <summary>Gets how long to wait.</summary>
    /// <value><see cref="DefaultTimeout"/>. <see cref="System.Threading.Timeout.InfiniteTimeSpan"/> waits without a time limit; zero checks once.</value>
    public TimeSpan Timeout { get; init; } = DefaultTimeout;

    /// <summary>Gets the group to wait for.</summary>
    /// <value>Null: every group.</value>
    public string? WorkerGroup { get; init; }

    /// <summary>Gets whether to give up at once if waiting will not help.</summary>
    /// <value>
    /// True. Hopeless causes are: an invalid image name, or an image that is not on the node and must not be pulled; an image whose
    /// pull has failed twice or for 30 s; a container that keeps exiting (see <see cref="CrashLoopRestarts"/>); a container that cannot be
    /// created as the pod describes it, for 10 s; pods that a quota or an admission rule rejects, for 3 s; a missing Deployment; a scheduler scaled to zero. A pod
    /// that is unschedulable is not hopeless by itself, because an autoscaler can add a node (see <see cref="UnschedulableLimit"/>).
    /// </value>
    public bool FailFast { get; init; } = true;

    /// <summary>Gets the number of restarts after which a container that keeps exiting is hopeless.</summary>
    /// <value>3. Crashes before the scheduler was ready do not count, because workers exit if they cannot reach it.</value>
    public int CrashLoopRestarts { get; init; } = 3;

    /// <summary>Gets the time after which an unschedulable pod is hopeless.</summary>
    /// <value>Null: never, because an autoscaler can add a node; the time-out reports it.</value>
    public TimeSpan? UnschedulableLimit { get; init; }

    internal void Validate()
    {
        if (Timeout < TimeSpan.Zero && Timeout != System.Threading.Timeout.InfiniteTimeSpan)
        {
            throw new ArgumentOutOfRangeException(nameof(Timeout), Timeout, "A time limit must not be negative; use Timeout.InfiniteTimeSpan for no limit.");
        }

        Guard.NotBlank(WorkerGroup, nameof(WorkerGroup));
        ArgumentOutOfRangeException.ThrowIfLessThan(CrashLoopRestarts, 1);
        if (UnschedulableLimit is { } limit && limit < TimeSpan.Zero)
        {
            throw new ArgumentOutOfRangeException(nameof(UnschedulableLimit), limit, "A time limit must not be negative.");
        }
    }
}
