using DaskK8s.Causes;
using DaskK8s.Groups;
using DaskK8s.Waiting;

using k8s.Models;

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
            : _link is { } link ? await AskForWorkersAsync(link, cancellationToken).ConfigureAwait(false)
            : null;
        WorkloadSnapshot snapshot = await _workloads.ReadAsync(cancellationToken).ConfigureAwait(false);
        Apply(snapshot);
        OnChanged();

        PodOwners owners = new(_plan!.Groups);
        V1Pod[] workers = [.. snapshot.Pods.Where(p => owners.Find(p) is not null)];
        WaitView view = new(
            snapshot.Deployments.ToDictionary(static d => d.Metadata.Name, StringComparer.Ordinal),
            workers.ToLookup(p => owners.Find(p)!.Name, StringComparer.Ordinal),
            listed is null ? null : new PodConnections(listed, workers.Where(PodDiagnosis.IsActive)),
            IsFresh: listed is not null,
            AsksScheduler: listed is not null);
        DateTimeOffset now = _options.TimeProvider.GetUtcNow();
        return [.. _plan.Groups.SelectMany(g => new WaitGroup(g, []).Look(view, now).Causes)];
    }
}
