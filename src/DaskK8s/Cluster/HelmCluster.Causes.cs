using DaskK8s.Groups;
using DaskK8s.Waiting;

namespace DaskK8s;

public sealed partial class HelmCluster
{
    /// <summary>Returns why pods are not in the desired state, from a single read, without their logs and events.</summary>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <returns>The causes for each group and pod; empty if all desired workers are connected to the scheduler.</returns>
    /// <exception cref="KubernetesApiException">The API server refused or could not answer.</exception>
    /// <exception cref="SchedulerUnreachableException">The scheduler cannot be reached.</exception>
    /// <exception cref="SchedulerTimeoutException">No answer within <see cref="HelmClusterOptions.SchedulerTimeout"/>.</exception>
    public Task<IReadOnlyList<PodCause>> GetPodCausesAsync(CancellationToken cancellationToken = default) =>
        _lifetime.RunAsync(ReadPodCausesAsync, cancellationToken);

    private async Task<IReadOnlyList<PodCause>> ReadPodCausesAsync(CancellationToken cancellationToken)
    {
        IReadOnlyDictionary<string, int>? listed = ConnectedWorkers is { } ask ? await ask(cancellationToken).ConfigureAwait(false)
            : _link is null ? null
            : await AskForWorkersAsync(cancellationToken).ConfigureAwait(false);
        WorkloadSnapshot snapshot = await _workloads.ReadAsync(cancellationToken).ConfigureAwait(false);
        Take(snapshot);
        return WaitView.CausesOf(snapshot, listed, _state.Plan.Groups, _options.TimeProvider.GetUtcNow());
    }
}
