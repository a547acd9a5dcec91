using DaskK8s.Common;
using DaskK8s.Kubernetes;
using DaskK8s.Kubernetes.Config;
using DaskK8s.Permissions;

using k8s;
using k8s.Models;

namespace DaskK8s;

public sealed partial class HelmCluster
{
    /// <summary>Asks the API server what this client may do with the release's namespace, feature by feature.</summary>
    /// <param name="cancellationToken">Ends the call.</param>
    /// <returns>The report; its <see cref="PermissionReport.MissingRole"/> is the Role to ask for.</returns>
    /// <remarks>Everyone who is authenticated may ask (SelfSubjectAccessReview); nothing is changed.</remarks>
    /// <exception cref="KubernetesApiException">The API server could not answer.</exception>
    public Task<PermissionReport> CheckPermissionsAsync(CancellationToken cancellationToken = default) =>
        _lifetime.RunAsync(ct => CheckPermissionsAsync(_requests, ct), cancellationToken);

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
        using KubeConnection connection = await KubeConnectionFactory.OpenAsync(ToKubeConfig(options), cancellationToken).ConfigureAwait(false);
        return await CheckPermissionsAsync(ToRequests(options, connection), cancellationToken).ConfigureAwait(false);
    }

    private static async Task<PermissionReport> CheckPermissionsAsync(KubeRequests requests, CancellationToken cancellationToken)
    {
        IReadOnlyList<FeatureRule> rules = FeatureRules.For(requests.Connection.Namespace);
        KubernetesApiCall[] calls = [.. rules.SelectMany(static r => r.Required.Concat(r.Optional)).Distinct()];
        bool[] answers = await Task.WhenAll(calls.Select(call => IsAllowedAsync(requests, call, cancellationToken))).ConfigureAwait(false);
        HashSet<KubernetesApiCall> refused = [.. calls.Where((_, i) => !answers[i])];
        return new PermissionReport(requests.Connection.Namespace, [.. rules.Select(rule =>
        {
            KubernetesApiCall[] missing = [.. rule.Required.Where(refused.Contains)];
            return new FeaturePermission(
                rule.Feature, rule.Description, missing.Length == 0, missing, [.. rule.Optional.Where(refused.Contains)], rule.Note);
        })]);
    }

    private static async Task<bool> IsAllowedAsync(KubeRequests requests, KubernetesApiCall call, CancellationToken cancellationToken)
    {
        string[] parts = call.Resource.Split('/');
        V1SelfSubjectAccessReview question = new()
        {
            Spec = new V1SelfSubjectAccessReviewSpec
            {
                ResourceAttributes = new V1ResourceAttributes
                {
                    NamespaceProperty = call.Namespace.Length == 0 ? null : call.Namespace,
                    Verb = call.Verb,
                    Group = call.Group,
                    Resource = parts[0],
                    Subresource = parts.Length > 1 ? parts[1] : null,
                },
            },
        };
        V1SelfSubjectAccessReview answer = await requests.RunAsync(
            new KubernetesApiCall("create", "selfsubjectaccessreviews", "authorization.k8s.io", ""),
            (client, ct) => client.AuthorizationV1.CreateSelfSubjectAccessReviewAsync(question, cancellationToken: ct),
            cancellationToken).ConfigureAwait(false);
        return answer.Status?.Allowed == true;
    }

    private static KubeRequests ToRequests(HelmClusterOptions options, KubeConnection connection) => new(
        connection,
        options.Retry,
        options.RequestTimeout,
        options.TimeProvider,
        GuardedLogger.Create(options.LoggerFactory, "DaskK8s.HelmCluster"));

    private static KubeConfigOptions ToKubeConfig(HelmClusterOptions options) => new()
    {
        KubeconfigPath = options.KubeconfigPath,
        Context = options.Context,
        Namespace = options.Namespace,
        Kubernetes = options.Kubernetes,
        TimeProvider = options.TimeProvider,
        LoggerFactory = options.LoggerFactory,
    };
}
