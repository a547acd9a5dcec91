using System.Collections.Concurrent;

using DaskK8s.Helm.Chart;
using DaskK8s.Helm.Records;
using DaskK8s.Helm.Values;
using DaskK8s.Kubernetes;

using k8s;
using k8s.Models;

namespace DaskK8s.Groups;

/// <summary>Looks for releases of the Dask chart in one namespace or in all that may be looked into.</summary>
internal sealed class Discovery(KubeRequests requests)
{
    // The chart's own labels; 'app' is left out because nameOverride changes it.
    private const string ChartSelector = "heritage=Helm,release,component";
    private const string RecordSelector = "owner=helm";
    private const int AtOnce = 8;

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
                    _limitations.Enqueue(new ClusterLimitation($"Namespace {name}", "its Deployments may not be listed.", e.Call));
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
                "Other namespaces", $"they may not be listed, so only {requests.Connection.Namespace} was looked at.", e.Call));
            return [requests.Connection.Namespace];
        }
    }

    /// <summary>Looks into one namespace, or into all of them where the name is empty.</summary>
    private async Task<IReadOnlyList<DiscoveredRelease>> FindAsync(string @namespace, CancellationToken cancellationToken)
    {
        Task<V1DeploymentList> deployments = requests.RunAsync(
            new KubernetesApiCall("list", "deployments", "apps", @namespace),
            (client, ct) => @namespace.Length == 0
                ? client.AppsV1.ListDeploymentForAllNamespacesAsync(labelSelector: ChartSelector, cancellationToken: ct)
                : client.AppsV1.ListNamespacedDeploymentAsync(@namespace, labelSelector: ChartSelector, cancellationToken: ct),
            cancellationToken);
        Task<IList<V1Service>> services = ListServicesAsync(@namespace, cancellationToken);
        Task<Dictionary<(string, string), ReleaseHistory>> histories = ListHistoriesAsync(@namespace, cancellationToken);
        await Task.WhenAll(deployments, services, histories).ConfigureAwait(false);

        Dictionary<(string, string), ReleaseHistory> known = await histories.ConfigureAwait(false);
        ILookup<(string, string), V1Service> byRelease = (await services.ConfigureAwait(false)).ToLookup(static s => KeyOf(s.Metadata));
        return [.. (await deployments.ConfigureAwait(false)).Items
            .GroupBy(static d => KeyOf(d.Metadata))
            .Select(group => Describe(group.Key, [.. group], byRelease[group.Key], known.GetValueOrDefault(group.Key)))
            .OfType<DiscoveredRelease>()];
    }

    private async Task<IList<V1Service>> ListServicesAsync(string @namespace, CancellationToken cancellationToken)
    {
        try
        {
            return (await requests.RunAsync(
                new KubernetesApiCall("list", "services", "", @namespace),
                (client, ct) => @namespace.Length == 0
                    ? client.CoreV1.ListServiceForAllNamespacesAsync(labelSelector: ChartSelector, cancellationToken: ct)
                    : client.CoreV1.ListNamespacedServiceAsync(@namespace, labelSelector: ChartSelector, cancellationToken: ct),
                cancellationToken).ConfigureAwait(false)).Items;
        }
        catch (KubernetesForbiddenException e)
        {
            _limitations.Enqueue(new ClusterLimitation($"Service types {Where(@namespace)}", "Services may not be listed.", e.Call));
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

    private static DiscoveredRelease? Describe(
        (string Namespace, string Name) key, IReadOnlyList<V1Deployment> deployments, IEnumerable<V1Service> services, ReleaseHistory? history)
    {
        Dictionary<string, V1Deployment> byName = deployments.ToDictionary(static d => d.Metadata.Name, StringComparer.Ordinal);
        ChartObjects objects = ChartObjects.From(key.Name, ValueNode.Map.Empty, [.. deployments.Select(ReleasePlanReader.ToChart)], [], []);
        if (objects.WorkerGroups.Count == 0 && objects.Scheduler is null)
        {
            return null;
        }

        V1Deployment? scheduler = objects.Scheduler is { } found ? byName[found.DeploymentName] : null;
        return new DiscoveredRelease
        {
            Name = key.Name,
            Namespace = key.Namespace,
            Chart = deployments.Select(static d => d.Metadata.Labels?.TryGetValue("chart", out string? chart) == true ? chart : null).FirstOrDefault(static c => c is not null),
            Revision = history?.Newest.Revision,
            Status = history?.Newest.Status,
            SchedulerServiceType = services.FirstOrDefault(s => s.Metadata.Name == scheduler?.Metadata.Name)?.Spec?.Type,
            IsSchedulerReady = scheduler?.Status?.ReadyReplicas > 0,
            WorkerGroups = [.. objects.WorkerGroups.Select(g => new DiscoveredGroup(
                g.Name, g.DeploymentName, byName[g.DeploymentName].Spec?.Replicas ?? 0, byName[g.DeploymentName].Status?.ReadyReplicas ?? 0))],
        };
    }

    private static (string Namespace, string Name) KeyOf(V1ObjectMeta metadata) => (metadata.NamespaceProperty, metadata.Labels["release"]);

    private static string Where(string @namespace) => @namespace.Length == 0 ? "in all namespaces" : $"in namespace {@namespace}";
}
