using DaskK8s.Kubernetes;
using DaskK8s.Permissions;

namespace DaskK8s;

public sealed partial class HelmCluster
{
    /// <summary>Asks the API server what this client may do with the release's namespace, feature by feature.</summary>
    /// <param name="cancellationToken">Ends the call.</param>
    /// <returns>The report; its <see cref="PermissionReport.MissingRole"/> is the Role to ask for.</returns>
    /// <remarks>Everyone who is authenticated may ask (SelfSubjectAccessReview); nothing is changed.</remarks>
    /// <exception cref="KubernetesApiException">The API server could not answer.</exception>
    public Task<PermissionReport> CheckPermissionsAsync(CancellationToken cancellationToken = default) =>
        _lifetime.RunAsync(ct => PermissionCheck.RunAsync(_requests, ct), cancellationToken);

    /// <summary>Asks the same without connecting to a release, for those whom a missing permission keeps from connecting.</summary>
    /// <param name="options">Whom to ask and in which namespace; null for the defaults.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    /// <returns>The report.</returns>
    /// <exception cref="KubeConfigException">No kubeconfig, or no context of that name, or it cannot be read.</exception>
    /// <exception cref="KubernetesApiException">The API server could not answer.</exception>
    public static async Task<PermissionReport> CheckPermissionsAsync(HelmClusterOptions? options, CancellationToken cancellationToken = default)
    {
        options ??= new HelmClusterOptions();
        options.Validate();
        using KubeConnection connection = await options.OpenAsync(cancellationToken).ConfigureAwait(false);
        return await PermissionCheck.RunAsync(options.RequestsOver(connection), cancellationToken).ConfigureAwait(false);
    }
}
