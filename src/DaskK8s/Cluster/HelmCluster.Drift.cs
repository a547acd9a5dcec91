using DaskK8s.Groups;
using DaskK8s.WorkerGroups;

namespace DaskK8s;

public sealed partial class HelmCluster
{
    /// <summary>
    /// Returns the groups that the next <c>helm upgrade</c> would set to a different number of replicas, and the groups whose
    /// <c>spec.replicas</c> an interrupted client still owns, so that the upgrade could fail with a conflict.
    /// </summary>
    /// <remarks>The release's record and the groups are read again, so that upgrades after the connection are included.</remarks>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <returns>The groups that differ or are still owned; empty if the next upgrade changes no replicas and has no conflict.</returns>
    /// <exception cref="KubernetesForbiddenException">The release's record cannot be read, so its declared replicas are unknown.</exception>
    /// <exception cref="HelmReleaseException">The release does not exist any more, or its record is unreadable.</exception>
    /// <exception cref="KubernetesApiException">The API server refused or could not answer.</exception>
    public Task<IReadOnlyList<WorkerGroupDrift>> GetDriftAsync(CancellationToken cancellationToken = default) =>
        _lifetime.RunAsync(ReadDriftAsync, cancellationToken);

    private async Task<IReadOnlyList<WorkerGroupDrift>> ReadDriftAsync(CancellationToken cancellationToken)
    {
        (_state.Plan, WorkloadSnapshot snapshot) = await _reader.ReadAgainAsync(Release, cancellationToken).ConfigureAwait(false);
        _state.Apply(snapshot);
        return DriftReader.Read(WorkerGroups, snapshot);
    }

    /// <summary>Scales each group back to the replicas that the release declares, as the next <c>helm upgrade</c> would.</summary>
    /// <param name="options">How to scale; null for the defaults, which do not lose results.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <returns>The changes for each group; empty if nothing differed.</returns>
    /// <exception cref="LosslessScaleDownException">A group cannot shrink without losing results. Earlier groups were restored; all others too if its workers are unknown or another scheduler's.</exception>
    /// <exception cref="KubernetesForbiddenException">The release's record cannot be read, so its declared replicas are unknown.</exception>
    /// <exception cref="KubernetesApiException">The API server refused or could not answer.</exception>
    public async Task<IReadOnlyList<ScaleResult>> RestoreDeclaredAsync(ScaleOptions? options = null, CancellationToken cancellationToken = default)
    {
        List<ScaleResult> results = [];
        LosslessScaleDownException? refusal = null;

        // Those that grow come first: the results of those that shrink may need a place.
        foreach (WorkerGroupDrift drift in (await GetDriftAsync(cancellationToken).ConfigureAwait(false)).OrderBy(static d => d.WouldShrink))
        {
            try
            {
                results.Add(await ScaleAsync(drift.Deployed, options ?? DefaultScaling, drift.WorkerGroup, cancellationToken).ConfigureAwait(false));
            }
            catch (LosslessScaleDownException e) when (e.Obstacle is LosslessScaleDownObstacle.OtherScheduler or LosslessScaleDownObstacle.WorkersUnknown)
            {
                // Another scheduler's group is no reason to leave this one's as they are.
                refusal ??= e;
            }
        }

        return refusal is null ? results : throw refusal;
    }
}
