using DaskK8s.Helm.Values;

namespace DaskK8s.Helm.Chart;

/// <summary>Detects Dask objects that were not created by the Dask chart.</summary>
internal static class ForeignDask
{
    private const string Gateway =
        "It contains dask-gateway (as the chart 'daskhub' does), which starts and stops the schedulers and workers of its clusters itself, so use its own client (Python's dask_gateway.Gateway).";

    /// <summary>Describes the Dask objects in a manifest that this library does not manage.</summary>
    /// <returns>Null if there is nothing.</returns>
    public static string? In(string manifest) =>
        ManifestDocuments.Enumerate(manifest).Any(static item => IsGateway(ChartDeployment.Texts(item.MapAt("metadata", "labels")))) ? Gateway : null;

    public static bool IsGateway(IReadOnlyDictionary<string, string> labels) =>
        labels.GetValueOrDefault("app.kubernetes.io/name") == "dask-gateway"
        || labels.GetValueOrDefault("gateway.dask.org/instance") is not null
        || labels.GetValueOrDefault("helm.sh/chart", "").StartsWith("dask-gateway", StringComparison.Ordinal)
        || labels.GetValueOrDefault("chart", "").StartsWith("dask-gateway", StringComparison.Ordinal);

    /// <summary>Determines whether labels are those of the Dask chart's schedulers and workers.</summary>
    public static bool IsOfChart(IReadOnlyDictionary<string, string> labels) =>
        labels.GetValueOrDefault("component") is "scheduler" or "worker"
        && (labels.GetValueOrDefault("app") == DaskValues.ChartName || labels.GetValueOrDefault("chart", "").StartsWith("dask-", StringComparison.Ordinal))
        && !IsGateway(labels);

    /// <summary>Describes the Dask programs that run in Deployments without the chart's labels.</summary>
    /// <param name="labels">The labels of each Deployment.</param>
    /// <returns>Null if there is nothing.</returns>
    public static string? Among(IEnumerable<IReadOnlyDictionary<string, string>> labels)
    {
        SortedSet<string> clusters = new(StringComparer.Ordinal);
        bool gateway = false;
        bool nameless = false;
        foreach (IReadOnlyDictionary<string, string> own in labels)
        {
            gateway |= IsGateway(own);
            nameless |= IsOfChart(own) && !own.ContainsKey("release");
            if (own.GetValueOrDefault("dask.org/cluster-name") is { } cluster)
            {
                clusters.Add(cluster);
            }
        }

        return clusters.Count > 0
            ? $"The Dask operator runs clusters there ({string.Join(", ", clusters.Take(5))}), which are not Helm releases: it manages them by their DaskCluster objects ('kubectl get daskclusters'; Python's dask_kubernetes.operator.KubeCluster)."
            : gateway ? "dask-gateway runs there: it starts and stops its clusters itself, so use its own client (Python's dask_gateway.Gateway)."
            : nameless ? "Dask runs there from objects without the chart's label 'release', which identifies a release: the manifests were written or changed by hand. Add the label release=NAME to the Deployments and to their pods' templates."
            : null;
    }
}
