namespace DaskK8s;

/// <summary>The exception that is thrown when a requested task was cancelled, or when the scheduler no longer knows it.</summary>
/// <param name="key">The task's key.</param>
/// <param name="status">Whether it was cancelled or lost.</param>
/// <param name="reason">The reason.</param>
public sealed class DaskTaskLostException(string key, DaskFutureStatus status, string reason)
    : DaskK8sException(status == DaskFutureStatus.Cancelled
        ? $"Task '{key}' was cancelled: {reason}."
        : $"Task '{key}' is lost: {reason}. Submit it again.")
{
    /// <summary>Gets the task's key.</summary>
    public string Key { get; } = key;

    /// <summary>Gets <see cref="DaskFutureStatus.Cancelled"/> or <see cref="DaskFutureStatus.Lost"/>.</summary>
    public DaskFutureStatus Status { get; } = status;
}
