using DaskK8s.Kubernetes;
using DaskK8s.Permissions;

namespace DaskK8s;

public sealed partial class HelmCluster
{
    /// <summary>Checks with the API server which features this client is allowed to use in the release's namespace.</summary>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <returns>The report; its <see cref="PermissionReport.MissingRole"/> is the Role to request.</returns>
    /// <remarks>Any authenticated user is allowed to do this (SelfSubjectAccessReview); nothing is changed.</remarks>
    /// <exception cref="KubernetesApiException">The API server could not answer.</exception>
    public Task<PermissionReport> CheckPermissionsAsync(CancellationToken cancellationToken = default) =>
        _lifetime.RunAsync(ct => PermissionCheck.RunAsync(_requests, ct), cancellationToken);

    /// <summary>Checks permissions without connecting to a release, for callers that lack the permission to connect.</summary>
    /// <param name="options">How to reach the API server, and the namespace; null for the defaults.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <returns>The report.</returns>
    /// <exception cref="KubeConfigException">The kubeconfig or the context does not exist, or the kubeconfig cannot be read.</exception>
    /// <exception cref="KubernetesApiException">The API server could not answer.</exception>
    public static async Task<PermissionReport> CheckPermissionsAsync(HelmClusterOptions? options, CancellationToken cancellationToken = default)
    {
        options ??= new HelmClusterOptions();
        options.Validate();
        using KubeConnection connection = await options.OpenAsync(cancellationToken).ConfigureAwait(false);
        return await PermissionCheck.RunAsync(options.RequestsOver(connection), cancellationToken).ConfigureAwait(false);
    }
}
