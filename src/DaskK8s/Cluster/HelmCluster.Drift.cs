using DaskK8s.Groups;
using DaskK8s.WorkerGroups;

namespace DaskK8s;

public sealed partial class HelmCluster
{
    /// <summary>
    /// Tells which groups the next <c>helm upgrade</c> would set to another number than they have now, and in which a client that did not
    /// finish has kept <c>spec.replicas</c>, so that it could fail with a conflict.
    /// </summary>
    /// <remarks>The release's record and the groups are read again, so that an upgrade since the connection is seen.</remarks>
    /// <param name="cancellationToken">Ends the call.</param>
    /// <returns>The groups that differ or are kept; none where the next upgrade changes no number and nothing is in its way.</returns>
    /// <exception cref="KubernetesForbiddenException">The release's record may not be read, so what it declares is not known.</exception>
    /// <exception cref="HelmReleaseException">The release is gone, or its record cannot be understood.</exception>
    /// <exception cref="KubernetesApiException">The API server refused or could not answer.</exception>
    public Task<IReadOnlyList<WorkerGroupDrift>> GetDriftAsync(CancellationToken cancellationToken = default) =>
        _lifetime.RunAsync(ReadDriftAsync, cancellationToken);

    private async Task<IReadOnlyList<WorkerGroupDrift>> ReadDriftAsync(CancellationToken cancellationToken)
    {
        (_state.Plan, WorkloadSnapshot snapshot) = await _reader.ReadAgainAsync(Release, cancellationToken).ConfigureAwait(false);
        _state.Apply(snapshot);
        return DriftReader.Read(WorkerGroups, snapshot);
    }

    /// <summary>Scales each group back to the number that the release has for it, as the next <c>helm upgrade</c> would.</summary>
    /// <param name="options">How to scale; null for the defaults, which lose nothing.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    /// <returns>What was changed, group by group; empty where nothing differed.</returns>
    /// <exception cref="LosslessScaleDownException">A group cannot shrink without a loss; those before it were restored, and where its workers are another scheduler's or unknown, all others.</exception>
    /// <exception cref="KubernetesForbiddenException">The release's record may not be read, so what it declares is not known.</exception>
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
