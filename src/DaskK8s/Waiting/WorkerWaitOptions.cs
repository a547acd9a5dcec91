using DaskK8s.Common;

namespace DaskK8s;

/// <summary>The options of a wait for workers.</summary>
public sealed record WorkerWaitOptions
{
    /// <summary>The default time limit of a wait: 5 minutes.</summary>
    public static readonly TimeSpan DefaultTimeout = TimeSpan.FromMinutes(5);

    /// <summary>Gets how long to wait.</summary>
    /// <value><see cref="DefaultTimeout"/>. <see cref="System.Threading.Timeout.InfiniteTimeSpan"/> waits until it is done, hopeless or cancelled; zero looks once.</value>
    public TimeSpan Timeout { get; init; } = DefaultTimeout;

    /// <summary>Gets the group to wait for.</summary>
    /// <value>Null: every group.</value>
    public string? WorkerGroup { get; init; }

    /// <summary>Gets whether to give up at once where waiting will not help.</summary>
    /// <value>
    /// True. Hopeless is: an image name that is invalid, or an image that is not on the node and may not be pulled; an image whose
    /// pull has failed twice or for 30 s; a container that ends again and again (see <see cref="CrashLoopRestarts"/>); a container that cannot be
    /// created as the pod describes it, for 10 s; pods that a quota or an admission rule refuses, for 3 s; a Deployment that does not exist; a scheduler that is scaled to zero. A pod
    /// that no node can take is not hopeless by itself: an autoscaler may add a node (see <see cref="UnschedulableLimit"/>).
    /// </value>
    public bool FailFast { get; init; } = true;

    /// <summary>Gets after how many restarts a container that ends again and again is hopeless.</summary>
    /// <value>3. Crashes from before the scheduler was ready do not make it hopeless: workers end when they do not find it.</value>
    public int CrashLoopRestarts { get; init; } = 3;

    /// <summary>Gets after how long a pod that no node can take is hopeless.</summary>
    /// <value>Null: never, as an autoscaler may add a node; the time-out reports it.</value>
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
