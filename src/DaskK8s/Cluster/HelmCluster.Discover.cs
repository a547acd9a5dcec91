using DaskK8s.Groups;
using DaskK8s.Kubernetes;

namespace DaskK8s;

public sealed partial class HelmCluster
{
    /// <summary>Finds the releases of the Dask chart, without dialling any scheduler.</summary>
    /// <param name="options">Whom to ask; its namespace is looked at unless all are. Null for the defaults.</param>
    /// <param name="allNamespaces">Whether to look into every namespace that may be looked into.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    /// <returns>The releases, and what could not be looked at: a closed namespace does not hide the others.</returns>
    /// <remarks>
    /// Releases are recognised by their Deployments' labels, so that it works where Secrets may not be read; revision and status
    /// come from the labels of Helm's records where those may be listed. A release that runs nothing is found by its record where its install failed or is under way.
    /// Clusters of the Dask operator and dask-gateway are told of as limitations: something else manages them.
    /// </remarks>
    /// <exception cref="KubeConfigException">No kubeconfig, or no context of that name, or it cannot be read.</exception>
    /// <exception cref="KubernetesApiException">The API server could not answer, or forbids to look at any namespace at all.</exception>
    public static async Task<DiscoveryResult> DiscoverAsync(
        HelmClusterOptions? options = null, bool allNamespaces = false, CancellationToken cancellationToken = default)
    {
        options ??= new HelmClusterOptions();
        options.Validate();
        using KubeConnection connection = await options.OpenAsync(cancellationToken).ConfigureAwait(false);
        return await new Discovery(options.RequestsOver(connection), options.MaxReleaseBytes).RunAsync(allNamespaces, cancellationToken).ConfigureAwait(false);
    }
}
