using DaskK8s.Kubernetes;

using k8s;
using k8s.Models;

namespace DaskK8s.Permissions;

/// <summary>Asks the API server what the caller may do with a namespace.</summary>
internal static class PermissionCheck
{
    /// <summary>Asks about each feature.</summary>
    public static async Task<PermissionReport> RunAsync(KubeRequests requests, CancellationToken cancellationToken)
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
}
