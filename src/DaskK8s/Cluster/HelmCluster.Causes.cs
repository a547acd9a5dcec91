using DaskK8s.Groups;
using DaskK8s.Waiting;

namespace DaskK8s;

public sealed partial class HelmCluster
{
    /// <summary>Reads why pods are not as they were asked for, in one look and without their logs and events.</summary>
    /// <param name="cancellationToken">Ends the call.</param>
    /// <returns>The causes, group by group and pod by pod; empty where the scheduler knows every worker that was asked for.</returns>
    /// <exception cref="KubernetesApiException">The API server refused or could not answer.</exception>
    /// <exception cref="SchedulerUnreachableException">The scheduler could not be asked.</exception>
    /// <exception cref="SchedulerTimeoutException">It did not answer within <see cref="HelmClusterOptions.SchedulerTimeout"/>.</exception>
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
