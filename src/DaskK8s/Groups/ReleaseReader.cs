using DaskK8s.Helm;
using DaskK8s.Helm.Chart;
using DaskK8s.Helm.Records;
using DaskK8s.Kubernetes;

namespace DaskK8s.Groups;

/// <summary>Reads a release from Helm's record and the release's running objects.</summary>
/// <param name="releaseName">The release's name.</param>
/// <param name="requests">The requests to the API server.</param>
/// <param name="workloads">The objects; those of other instances are excluded once they are known.</param>
/// <param name="options">The options.</param>
/// <param name="limit">Receives each part that could not be read.</param>
internal sealed class ReleaseReader(string releaseName, KubeRequests requests, Workloads workloads, ReleaseOptions options, Action<ClusterLimitation> limit)
{
    private readonly ReleaseStorage _storage = new(requests, options.MaxReleaseBytes);

    private string Namespace => requests.Connection.Namespace;

    /// <summary>Reads the parts of the release and its Deployments, and waits for the concurrent read.</summary>
    /// <exception cref="HelmReleaseException">There is no such release, or it is unreadable.</exception>
    public async Task<(ReleasePlan Plan, WorkloadSnapshot Snapshot)> ReadAsync(Task beside, CancellationToken cancellationToken)
    {
        Task<WorkloadSnapshot> reading = workloads.ReadDeploymentsAsync(cancellationToken);
        Task<StoredRelease> storing = _storage.ReadAsync(releaseName, Namespace, cancellationToken);
        await Task.WhenAll(storing, reading, beside).ConfigureAwait(false);
        (StoredRelease stored, WorkloadSnapshot snapshot) =
            await MeetAsync(await storing.ConfigureAwait(false), await reading.ConfigureAwait(false), cancellationToken).ConfigureAwait(false);
        ReleasePlan plan = await PlanAsync(stored, snapshot, cancellationToken).ConfigureAwait(false);
        return (plan, plan.OtherDeployments.Count > 0 ? await workloads.ReadDeploymentsAsync(cancellationToken).ConfigureAwait(false) : snapshot);
    }

    /// <summary>Reads a known release again.</summary>
    /// <exception cref="KubernetesForbiddenException">Reading its record is not allowed.</exception>
    /// <exception cref="HelmReleaseException">The release is gone, or unreadable.</exception>
    public async Task<(ReleasePlan Plan, WorkloadSnapshot Snapshot)> ReadAgainAsync(HelmRelease known, CancellationToken cancellationToken)
    {
        StoredRelease stored = await _storage.ReadAsync(releaseName, known.RecordNamespace ?? Namespace, cancellationToken).ConfigureAwait(false);
        if (stored.Refused is { } refused)
        {
            throw refused;
        }

        if (stored.Record is null && known.IsPartial)
        {
            throw new HelmReleaseManagedException(releaseName, Namespace, known.ManagedBy, "Helm has no record of it, so its declared replicas are unknown.");
        }

        WorkloadSnapshot snapshot = await workloads.ReadDeploymentsAsync(cancellationToken).ConfigureAwait(false);
        return (await PlanAsync(stored, snapshot, cancellationToken).ConfigureAwait(false), snapshot);
    }

    private async Task<ReleasePlan> PlanAsync(StoredRelease stored, WorkloadSnapshot snapshot, CancellationToken cancellationToken)
    {
        ReleasePlan plan = await MakeOutAsync(stored, snapshot, cancellationToken).ConfigureAwait(false);
        workloads.Others = plan.OtherDeployments;
        return plan;
    }

    /// <summary>Determines the parts of the release from Helm's record, or from labels if there is no record or it cannot be read.</summary>
    private async Task<ReleasePlan> MakeOutAsync(StoredRelease stored, WorkloadSnapshot snapshot, CancellationToken cancellationToken)
    {
        if (stored is { Release: { } release, Record: { } record })
        {
            if (stored.IsUninstalled)
            {
                throw new HelmReleaseNotFoundException(
                    releaseName, Namespace, await _storage.ListNamesAsync(Namespace, cancellationToken).ConfigureAwait(false), release.StatusExplanation);
            }

            return ReleasePlanReader.FromRecord(release, record, snapshot, options);
        }

        ReleasePlan? fromLabels = ReleasePlanReader.FromLabels(releaseName, Namespace, snapshot, options, mayHaveRecord: stored.Refused is not null);
        if (fromLabels is not null)
        {
            limit(LimitationOf(stored, ReleasePlanReader.OriginOf(releaseName, snapshot)));
            return fromLabels;
        }

        (string? foreign, IReadOnlyList<string> labelled) = await FindOtherDaskAsync(cancellationToken).ConfigureAwait(false);
        if (foreign is null && stored.Refused is { } refused)
        {
            throw refused;
        }

        IReadOnlyList<string> recorded = await _storage.ListNamesAsync(Namespace, cancellationToken).ConfigureAwait(false);
        throw new HelmReleaseNotFoundException(releaseName, Namespace, [.. recorded.Union(labelled, StringComparer.Ordinal).Order(StringComparer.Ordinal)], foreign);
    }

    /// <summary>Returns what is unknown about a release whose record was not read, and why.</summary>
    private ClusterLimitation LimitationOf(StoredRelease stored, ReleaseOrigin origin) => stored.Refused is { } refused
        ? new ClusterLimitation(
            "The release's values, chart and revision",
            "Helm's record cannot be read with these permissions, so the release is known from labels only: declared replicas are unknown, and a release without Deployments looks like a missing one."
            + (origin.RecordNamespace is { } at && at != Namespace ? $" The record is in namespace {at}." : ""),
            refused.Call)
        : new ClusterLimitation(
            "The release's values, declared replicas and the command of its next upgrade",
            $"Helm has no record of the release in namespace {Namespace}, so it is known only from labels ({origin.WhyNoRecord}).");

    /// <summary>Matches a record with its objects: Flux and other tools can keep them in different namespaces, and either can be given.</summary>
    private async Task<(StoredRelease Stored, WorkloadSnapshot Snapshot)> MeetAsync(
        StoredRelease stored, WorkloadSnapshot snapshot, CancellationToken cancellationToken)
    {
        if (stored.Record is { } record)
        {
            string objects = ReleasePlanReader.NamespaceOf(record, options);
            if (objects == Namespace || stored.IsUninstalled)
            {
                return (stored, snapshot);
            }

            string beside = Namespace;
            requests.Connection.MoveTo(objects);
            WorkloadSnapshot there = await workloads.ReadDeploymentsAsync(cancellationToken).ConfigureAwait(false);
            if (!HoldsAny(record, there) && HoldsAny(record, snapshot))
            {
                // A backup that was restored into another namespace: its record still names the old one.
                requests.Connection.MoveTo(beside);
                return (stored, snapshot);
            }

            return (stored, there);
        }

        if (!snapshot.Deployments.Any())
        {
            return (stored, snapshot);
        }

        ReleaseOrigin origin = ReleasePlanReader.OriginOf(releaseName, snapshot);
        IEnumerable<string> places = origin.RecordNamespace is { } named && named != Namespace ? [named]
            : stored.Refused is not null ? []
            : await _storage.FindNamespacesAsync(releaseName, cancellationToken).ConfigureAwait(false);
        foreach (string place in places.Where(p => p != Namespace))
        {
            StoredRelease elsewhere = await _storage.ReadAsync(releaseName, place, cancellationToken).ConfigureAwait(false);
            if (elsewhere.Record is { } found && ReleasePlanReader.NamespaceOf(found, options) == Namespace)
            {
                return (elsewhere, snapshot);
            }

            stored = stored with { Refused = stored.Refused ?? elsewhere.Refused };
        }

        return (stored, snapshot);
    }

    private static bool HoldsAny(ReleaseRecord record, WorkloadSnapshot snapshot) =>
        record.Instances.SelectMany(static i => i.Objects.WorkerGroups).Any(g => snapshot.FindDeployment(g.DeploymentName) is not null)
        || record.Instances.Any(i => i.Objects.Scheduler is { } scheduler && snapshot.FindDeployment(scheduler.DeploymentName) is not null);

    /// <summary>Looks in the namespace for other releases and for Dask clusters of other kinds (operator, dask-gateway, pods without Deployments).</summary>
    private async Task<(string? Foreign, IReadOnlyList<string> Releases)> FindOtherDaskAsync(CancellationToken cancellationToken)
    {
        List<ObjectMetadata> objects = [];
        foreach ((string group, string resource, string root) in ((string, string, string)[])[("apps", "deployments", "apis/apps/v1"), ("", "pods", "api/v1")])
        {
            try
            {
                objects.AddRange(await ObjectMetadata.ListAsync(
                    requests, new KubernetesApiCall("list", resource, group, Namespace), $"{root}/namespaces/{Namespace}/{resource}", cancellationToken).ConfigureAwait(false));
            }
            catch (KubernetesForbiddenException)
            {
                // It only helps an error along; what may not be read is left out.
            }
        }

        string[] releases = [.. objects.Where(static o => ForeignDask.IsOfChart(o.Labels)).Select(static o => o.Labels.GetValueOrDefault("release")).OfType<string>().Distinct(StringComparer.Ordinal)];
        return (ForeignDask.Among(objects.Select(static o => o.Labels)), releases);
    }
}
