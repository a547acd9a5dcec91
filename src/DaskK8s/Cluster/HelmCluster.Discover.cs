using DaskK8s.Groups;
using DaskK8s.Kubernetes;

namespace DaskK8s;

public sealed partial class HelmCluster
{
    /// <summary>Finds the releases of the Dask chart, without connecting to any scheduler.</summary>
    /// <param name="options">How to reach the API server, and the namespace to search unless all are searched; null for the defaults.</param>
    /// <param name="allNamespaces">Whether to search every readable namespace.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <returns>The releases, and what could not be read: a forbidden namespace does not hide the others.</returns>
    /// <remarks>
    /// Releases are recognised by their Deployments' labels, so that this works without permission to read Secrets; revision and status
    /// come from the labels of Helm's records if they can be listed. A release that runs nothing is found by the record of its failed or pending install.
    /// Clusters of the Dask operator and dask-gateway are reported as limitations, because other software manages them.
    /// </remarks>
    /// <exception cref="KubeConfigException">The kubeconfig or the context does not exist, or the kubeconfig cannot be read.</exception>
    /// <exception cref="KubernetesApiException">The API server could not answer, or does not allow any namespace to be read.</exception>
    public static async Task<DiscoveryResult> DiscoverAsync(
        HelmClusterOptions? options = null, bool allNamespaces = false, CancellationToken cancellationToken = default)
    {
        options ??= new HelmClusterOptions();
        options.Validate();
        using KubeConnection connection = await options.OpenAsync(cancellationToken).ConfigureAwait(false);
        return await new Discovery(options.RequestsOver(connection), options.MaxReleaseBytes).RunAsync(allNamespaces, cancellationToken).ConfigureAwait(false);
    }
}
