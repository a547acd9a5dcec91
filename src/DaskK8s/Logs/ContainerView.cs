using k8s.Models;

namespace DaskK8s.Logs;

/// <summary>The run of a container that a log belongs to.</summary>
/// <param name="Run">The identifier of the run whose log a request returns; null if none has started.</param>
/// <param name="IsRunning">Whether that run is in progress.</param>
/// <param name="Restarts">The number of runs before the newest.</param>
/// <param name="HasPrevious">Whether a run has ended whose log the node may still have.</param>
internal sealed record ContainerView(string? Run, bool IsRunning, int Restarts, bool HasPrevious)
{
    public static ContainerView Of(V1Pod pod, string container)
    {
        V1ContainerStatus? status = pod.Status?.ContainerStatuses?.FirstOrDefault(s => s.Name == container);
        if (status is null)
        {
            return new ContainerView(null, false, 0, false);
        }

        V1ContainerStateTerminated? before = status.LastState?.Terminated;
        string? run = status.State switch
        {
            { Running: not null } => status.ContainerID,
            { Terminated: { } ended } => ended.ContainerID ?? status.ContainerID,
            // While it waits for its next start, the log is the last run's.
            _ when before is not null => before.ContainerID ?? status.ContainerID,
            _ => null,
        };
        bool began = status.State?.Running is not null || status.State?.Terminated is not null || before is not null;
        return new ContainerView(
            !began ? null : string.IsNullOrEmpty(run) ? $"run {status.RestartCount}" : run,
            status.State?.Running is not null,
            status.RestartCount,
            before is not null);
    }
}
