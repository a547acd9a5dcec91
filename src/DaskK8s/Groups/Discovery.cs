using System.Collections.Concurrent;

using DaskK8s.Common;
using DaskK8s.Helm;
using DaskK8s.Helm.Chart;
using DaskK8s.Helm.Records;
using DaskK8s.Kubernetes;
using DaskK8s.Yaml;

using k8s;
using k8s.Models;

namespace DaskK8s.Groups;

/// <summary>A search for releases of the Dask chart in one namespace or in all readable namespaces.</summary>
internal sealed class Discovery(KubeRequests requests, long maxReleaseBytes)
{
    // The chart's own labels; 'app' is left out because nameOverride changes it, 'heritage' because Helm 2 and those who render without Helm write another one.
    private const string ChartSelector = "release,component";
    // Superseded records tell nothing of what is there now.
    private const string RecordSelector = "owner=helm,status!=superseded";
    private const int AtOnce = 8;
    private const int MostRecordsRead = 20;

    private readonly ConcurrentQueue<ClusterLimitation> _limitations = new();

    public async Task<DiscoveryResult> RunAsync(bool allNamespaces, CancellationToken cancellationToken)
    {
        IReadOnlyList<DiscoveredRelease> releases = allNamespaces
            ? await FindEverywhereAsync(cancellationToken).ConfigureAwait(false)
            : await FindAsync(requests.Connection.Namespace, cancellationToken).ConfigureAwait(false);
        return new DiscoveryResult(
            [.. releases.OrderBy(static r => r.Namespace, StringComparer.Ordinal).ThenBy(static r => r.Name, StringComparer.Ordinal)],
            [.. _limitations]);
    }

    private async Task<IReadOnlyList<DiscoveredRelease>> FindEverywhereAsync(CancellationToken cancellationToken)
    {
        try
        {
            return await FindAsync("", cancellationToken).ConfigureAwait(false);
        }
        catch (KubernetesForbiddenException)
        {
            // Not everywhere at once; then one namespace after the other.
        }

        IReadOnlyList<string> namespaces = await ListNamespacesAsync(cancellationToken).ConfigureAwait(false);
        ConcurrentBag<DiscoveredRelease> found = [];
        await Parallel.ForEachAsync(
            namespaces,
            new ParallelOptions { MaxDegreeOfParallelism = AtOnce, CancellationToken = cancellationToken },
            async (name, ct) =>
            {
                try
                {
                    foreach (DiscoveredRelease release in await FindAsync(name, ct).ConfigureAwait(false))
                    {
                        found.Add(release);
                    }
                }
                catch (KubernetesForbiddenException e)
                {
                    _limitations.Enqueue(new ClusterLimitation($"Namespace {name}", "listing its Deployments is not allowed.", e.Call));
                }
            }).ConfigureAwait(false);
        return [.. found];
    }

    private async Task<IReadOnlyList<string>> ListNamespacesAsync(CancellationToken cancellationToken)
    {
        try
        {
            V1NamespaceList list = await requests.RunAsync(
                new KubernetesApiCall("list", "namespaces", "", ""),
                (client, ct) => client.CoreV1.ListNamespaceAsync(cancellationToken: ct),
                cancellationToken).ConfigureAwait(false);
            return [.. list.Items.Select(static n => n.Metadata.Name)];
        }
        catch (KubernetesForbiddenException e)
        {
            _limitations.Enqueue(new ClusterLimitation(
                "Other namespaces", $"listing them is not allowed, so only {requests.Connection.Namespace} was searched.", e.Call));
            return [requests.Connection.Namespace];
        }
    }

    /// <summary>Searches one namespace, or all of them if the name is empty.</summary>
    private async Task<IReadOnlyList<DiscoveredRelease>> FindAsync(string @namespace, CancellationToken cancellationToken)
    {
        Task<IReadOnlyList<V1Deployment>> deployments = ListDeploymentsAsync(@namespace, cancellationToken);
        Task<IReadOnlyList<V1Service>> services = ListServicesAsync(@namespace, cancellationToken);
        Task<Dictionary<(string, string), ReleaseHistory>> histories = ListHistoriesAsync(@namespace, cancellationToken);
        await Task.WhenAll(deployments, services, histories).ConfigureAwait(false);

        Dictionary<(string, string), ReleaseHistory> known = await histories.ConfigureAwait(false);
        ILookup<(string, string), V1Service> byRelease = (await services.ConfigureAwait(false)).ToLookup(static s => KeyOf(s.Metadata));
        List<DiscoveredRelease> found = [];
        foreach (IGrouping<(string Namespace, string Name), V1Deployment> group in (await deployments.ConfigureAwait(false)).GroupBy(static d => KeyOf(d.Metadata)))
        {
            // A record may lie in another namespace than the objects: then the objects of its name are its own.
            (string, string) at = known.ContainsKey(group.Key) ? group.Key
                : ReleaseOrigin.Of(group.Select(static d => d.Metadata)).RecordNamespace is { } elsewhere ? (elsewhere, group.Key.Name)
                : group.Key;
            DiscoveredRelease[] own = [.. Describe(group.Key, [.. group], byRelease[group.Key], known.GetValueOrDefault(at))];
            found.AddRange(await ExplainAsync(own, at.Item1, cancellationToken).ConfigureAwait(false));
            if (own.Length > 0)
            {
                known.Remove(at);
            }
        }

        found.AddRange(await ReadThoseWithoutObjectsAsync(known, cancellationToken).ConfigureAwait(false));
        await LookForForeignDaskAsync(@namespace, cancellationToken).ConfigureAwait(false);
        return found;
    }

    /// <summary>Adds Helm's description to releases that are not deployed, such as a failed upgrade or an interrupted install.</summary>
    private async Task<IReadOnlyList<DiscoveredRelease>> ExplainAsync(IReadOnlyList<DiscoveredRelease> releases, string recordNamespace, CancellationToken cancellationToken)
    {
        if (releases is not [{ Status: not (null or HelmReleaseStatus.Deployed) } first, ..])
        {
            return releases;
        }

        try
        {
            StoredRelease stored = await ReadRecordAsync(first.Name, recordNamespace, cancellationToken).ConfigureAwait(false);
            return stored.Release is { } release ? [.. releases.Select(r => r with { Description = DescriptionOf(release) })] : releases;
        }
        catch (HelmReleaseException)
        {
            // A record that cannot be read is no reason to leave out what runs.
            return releases;
        }
    }

    private Task<StoredRelease> ReadRecordAsync(string release, string @namespace, CancellationToken cancellationToken) =>
        new ReleaseStorage(requests, maxReleaseBytes).ReadAsync(release, @namespace, cancellationToken);

    private static string? DescriptionOf(HelmRelease release) => release.Description.Length > 0 ? Words.OneLine(release.Description) : null;

    /// <summary>Returns the releases of the Dask chart that run nothing: their install failed or is in progress.</summary>
    private async Task<IReadOnlyList<DiscoveredRelease>> ReadThoseWithoutObjectsAsync(
        Dictionary<(string Namespace, string Name), ReleaseHistory> known, CancellationToken cancellationToken)
    {
        List<DiscoveredRelease> found = [];
        foreach (((string @namespace, string name), ReleaseHistory history) in known
            .Where(static k => k.Value.Newest.Status is not (HelmReleaseStatus.Deployed or HelmReleaseStatus.Uninstalled or HelmReleaseStatus.Superseded)).Take(MostRecordsRead))
        {
            try
            {
                if (await ReadRecordAsync(name, @namespace, cancellationToken).ConfigureAwait(false) is { Release: { } release, Record: { } record })
                {
                    found.AddRange(record.Instances.Select(i => new DiscoveredRelease
                    {
                        Name = name,
                        Namespace = i.Namespace ?? record.Namespace,
                        Instance = record.Instances.Count > 1 ? i.Name : null,
                        ManagedBy = "Helm",
                        Chart = $"{record.ChartName}-{record.ChartVersion}",
                        Revision = history.Newest.Revision,
                        Status = history.Newest.Status,
                        Description = DescriptionOf(release),
                        IsSchedulerReady = false,
                        WorkerGroups = [],
                    }));
                }
            }
            catch (HelmReleaseException)
            {
                // Another chart's, or none that can be read: not for us to tell of.
            }
        }

        return found;
    }

    /// <summary>Reports Dask clusters that other software manages, so that they are not overlooked.</summary>
    private async Task LookForForeignDaskAsync(string @namespace, CancellationToken cancellationToken)
    {
        string path = @namespace.Length == 0 ? "apis/apps/v1/deployments" : $"apis/apps/v1/namespaces/{@namespace}/deployments";
        foreach (string selector in (string[])["dask.org/cluster-name", "app.kubernetes.io/name=dask-gateway"])
        {
            IReadOnlyList<ObjectMetadata> others = await ObjectMetadata.ListAsync(
                requests, new KubernetesApiCall("list", "deployments", "apps", @namespace), $"{path}?labelSelector={Uri.EscapeDataString(selector)}", cancellationToken).ConfigureAwait(false);
            if (ForeignDask.Among(others.Select(static o => o.Labels)) is { } text)
            {
                _limitations.Enqueue(new ClusterLimitation($"Dask {Where(@namespace)} that is not a release of the chart", text));
            }
        }
    }

    private Task<IReadOnlyList<V1Deployment>> ListDeploymentsAsync(string @namespace, CancellationToken cancellationToken) =>
        KubePages.ReadAsync<V1DeploymentList, V1Deployment>(
            requests,
            new KubernetesApiCall("list", "deployments", "apps", @namespace),
            (client, limit, next, ct) => @namespace.Length == 0
                ? client.AppsV1.ListDeploymentForAllNamespacesAsync(labelSelector: ChartSelector, limit: limit, continueParameter: next, cancellationToken: ct)
                : client.AppsV1.ListNamespacedDeploymentAsync(@namespace, labelSelector: ChartSelector, limit: limit, continueParameter: next, cancellationToken: ct),
            cancellationToken);

    private async Task<IReadOnlyList<V1Service>> ListServicesAsync(string @namespace, CancellationToken cancellationToken)
    {
        try
        {
            return await KubePages.ReadAsync<V1ServiceList, V1Service>(
                requests,
                new KubernetesApiCall("list", "services", "", @namespace),
                (client, limit, next, ct) => @namespace.Length == 0
                    ? client.CoreV1.ListServiceForAllNamespacesAsync(labelSelector: ChartSelector, limit: limit, continueParameter: next, cancellationToken: ct)
                    : client.CoreV1.ListNamespacedServiceAsync(@namespace, labelSelector: ChartSelector, limit: limit, continueParameter: next, cancellationToken: ct),
                cancellationToken).ConfigureAwait(false);
        }
        catch (KubernetesForbiddenException e)
        {
            _limitations.Enqueue(new ClusterLimitation($"Service types {Where(@namespace)}", "Listing Services is not allowed.", e.Call));
            return [];
        }
    }

    private async Task<Dictionary<(string Namespace, string Name), ReleaseHistory>> ListHistoriesAsync(string @namespace, CancellationToken cancellationToken)
    {
        Dictionary<(string, string), ReleaseHistory> histories = [];
        foreach (string resource in (string[])["secrets", "configmaps"])
        {
            string path = @namespace.Length == 0 ? $"api/v1/{resource}" : $"api/v1/namespaces/{@namespace}/{resource}";
            try
            {
                IReadOnlyList<ObjectMetadata> records = await ObjectMetadata.ListAsync(
                    requests,
                    new KubernetesApiCall("list", resource, "", @namespace),
                    $"{path}?labelSelector={Uri.EscapeDataString(RecordSelector)}",
                    cancellationToken).ConfigureAwait(false);
                foreach (IGrouping<string, ObjectMetadata> place in records.GroupBy(static r => r.Namespace))
                {
                    IEnumerable<ReleaseEntry> entries = place
                        .Select(static r => ReleaseEntry.TryCreate(r.Name, r.Labels, out ReleaseEntry entry) ? entry : null)
                        .OfType<ReleaseEntry>();
                    foreach (ReleaseHistory history in ReleaseHistory.Group(entries))
                    {
                        histories.TryAdd((place.Key, history.ReleaseName), history);
                    }
                }
            }
            catch (KubernetesForbiddenException e)
            {
                _limitations.Enqueue(new ClusterLimitation($"Revision and status {Where(@namespace)}", $"Helm's records ({resource}) may not be listed.", e.Call));
            }
        }

        return histories;
    }

    private static IEnumerable<DiscoveredRelease> Describe(
        (string Namespace, string Name) key, IReadOnlyList<V1Deployment> deployments, IEnumerable<V1Service> services, ReleaseHistory? history)
    {
        Dictionary<string, V1Deployment> byName = deployments.ToDictionary(static d => d.Metadata.Name, StringComparer.Ordinal);
        IReadOnlyList<ChartInstance> instances = ChartInstances.FromLive(key.Name, ValueNode.Map.Empty, deployments.Select(ReleasePlanReader.ToChart));
        foreach (ChartInstance instance in instances)
        {
            V1Deployment[] own = [.. instance.DeploymentNames.Select(n => byName[n])];
            V1Deployment? scheduler = instance.Objects.Scheduler is { } found ? byName[found.DeploymentName] : null;
            yield return new DiscoveredRelease
            {
                Name = key.Name,
                Namespace = key.Namespace,
                Instance = instances.Count > 1 ? instance.Name : null,
                ManagedBy = ReleaseOrigin.Of(own.Select(static d => d.Metadata)).ManagedBy ?? (history is null ? null : "Helm"),
                Chart = own.Select(static d => d.Metadata.Labels?.TryGetValue("chart", out string? chart) == true ? chart : null).FirstOrDefault(static c => c is not null),
                Revision = history?.Newest.Revision,
                Status = history?.Newest.Status,
                SchedulerServiceType = services.FirstOrDefault(s => s.Metadata.Name == scheduler?.Metadata.Name)?.Spec?.Type,
                IsSchedulerReady = scheduler?.Status?.ReadyReplicas > 0,
                WorkerGroups = [.. instance.Objects.WorkerGroups.Select(g => new DiscoveredGroup(
                    g.Name, g.DeploymentName, byName[g.DeploymentName].Spec?.Replicas ?? 0, byName[g.DeploymentName].Status?.ReadyReplicas ?? 0))],
            };
        }
    }

    private static (string Namespace, string Name) KeyOf(V1ObjectMeta metadata) => (metadata.NamespaceProperty, metadata.Labels["release"]);

    private static string Where(string @namespace) => @namespace.Length == 0 ? "in all namespaces" : $"in namespace {@namespace}";
}
