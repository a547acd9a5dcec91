using DaskK8s.Groups;
using DaskK8s.Helm;

namespace DaskK8s;

public sealed partial class HelmCluster
{
    /// <summary>Tells which groups the next <c>helm upgrade</c> would set to another number than they have now.</summary>
    /// <remarks>The release's record and the groups are read again, so that an upgrade since the connection is seen.</remarks>
    /// <param name="cancellationToken">Ends the call.</param>
    /// <returns>The groups that differ; none where the next upgrade changes no number.</returns>
    /// <exception cref="KubernetesForbiddenException">The release's record may not be read, so what it declares is not known.</exception>
    /// <exception cref="HelmReleaseException">The release is gone, or its record cannot be understood.</exception>
    /// <exception cref="KubernetesApiException">The API server refused or could not answer.</exception>
    public async Task<IReadOnlyList<WorkerGroupDrift>> GetDriftAsync(CancellationToken cancellationToken = default)
    {
        ObjectDisposedException.ThrowIf(_disposed != 0, this);
        await ReadReleaseAgainAsync(cancellationToken).ConfigureAwait(false);
        return
        [
            .. _workerGroups.Where(static g => g.Deployed is { } deployed && deployed != g.Desired).Select(static g => new WorkerGroupDrift
            {
                WorkerGroup = g.Name,
                Live = g.Desired,
                Deployed = g.Deployed!.Value,
                Declared = g.Declared,
            }),
        ];
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

    private async Task ReadReleaseAgainAsync(CancellationToken cancellationToken)
    {
        StoredRelease stored = await _storage.ReadAsync(_releaseName, cancellationToken).ConfigureAwait(false);
        if (stored.Refused is { } refused)
        {
            throw refused;
        }

        WorkloadSnapshot snapshot = await _workloads.ReadAsync(cancellationToken).ConfigureAwait(false);
        _plan = await PlanAsync(stored, snapshot, cancellationToken).ConfigureAwait(false);
        Apply(snapshot);
    }
}
