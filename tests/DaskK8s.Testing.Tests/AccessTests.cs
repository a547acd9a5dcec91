using System.Net;
using System.Text.Json.Nodes;
using k8s;
using k8s.Autorest;
using k8s.Models;

namespace DaskK8s.Testing.Tests;

public sealed class AccessTests : IAsyncLifetime
{
    private EmbeddedCluster _cluster = null!;
    private Kubernetes _admin = null!;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _cluster = await EmbeddedCluster.StartAsync(cancellationToken: Token);
        _admin = _cluster.CreateClient();
        await new DaskRelease { Jupyter = true }.InstallAsync(_admin, Token);
        await _admin.ReadyPodsAsync(5);
    }

    public async ValueTask DisposeAsync()
    {
        _admin.Dispose();
        await _cluster.DisposeAsync();
    }

    [Fact]
    public async Task Read_WithoutRole_IsForbiddenInTheServersWords()
    {
        using k8s.Kubernetes client = EmbeddedCluster.CreateClient(_cluster.CreateKubeconfigFor("jane"));

        (await MessageAsync(() => client.CoreV1.ReadNamespacedPodAsync("x", "default", cancellationToken: Token)))
            .Should().Be("pods \"x\" is forbidden: User \"jane\" cannot get resource \"pods\" in API group \"\" in the namespace \"default\"");
        (await MessageAsync(() => client.AppsV1.ListDeploymentForAllNamespacesAsync(cancellationToken: Token)))
            .Should().Be("deployments.apps is forbidden: User \"jane\" cannot list resource \"deployments\" in API group \"apps\" at the cluster scope");
        (await MessageAsync(() => client.CoreV1.ReadNamespacedPodLogAsync("x", "default", cancellationToken: Token)))
            .Should().Be("pods \"x\" is forbidden: User \"jane\" cannot get resource \"pods/log\" in API group \"\" in the namespace \"default\"");
    }

    [Fact]
    public async Task ServiceAccount_OfTheChart_MayDoWhatItsRoleSays()
    {
        using k8s.Kubernetes client = EmbeddedCluster.CreateClient(_cluster.CreateKubeconfigForServiceAccount("default", "dask-jupyter"));

        await client.ScaleAsync("my-dask-worker", 2);
        (await client.CoreV1.ListNamespacedPodAsync("default", cancellationToken: Token)).Items.Should().NotBeEmpty();
        (await MessageAsync(() => client.CoreV1.ListNamespacedSecretAsync("default", cancellationToken: Token))).Should().Contain("system:serviceaccount:default:dask-jupyter");
        (await MessageAsync(() => client.AppsV1.PatchNamespacedDeploymentScaleAsync(new V1Patch("{}", V1Patch.PatchType.MergePatch), "my-dask-worker", "default", cancellationToken: Token)))
            .Should().Contain("cannot patch resource \"deployments/scale\"");
    }

    [Fact]
    public async Task Reviews_TellWhatIsAllowed()
    {
        _cluster.Allow("joe", "default", ["get", "list"], "pods", "deployments");
        using k8s.Kubernetes client = EmbeddedCluster.CreateClient(_cluster.CreateKubeconfigFor("joe"));

        async Task<bool> AllowedAsync(string verb, string group, string resource) => (await client.AuthorizationV1.CreateSelfSubjectAccessReviewAsync(
            new V1SelfSubjectAccessReview { Spec = new V1SelfSubjectAccessReviewSpec { ResourceAttributes = new V1ResourceAttributes { Verb = verb, Group = group, Resource = resource, NamespaceProperty = "default" } } }, cancellationToken: Token)).Status.Allowed;

        (await AllowedAsync("get", "apps", "deployments")).Should().BeTrue();
        (await AllowedAsync("patch", "apps", "deployments")).Should().BeFalse();
        V1SelfSubjectRulesReview rules = await client.AuthorizationV1.CreateSelfSubjectRulesReviewAsync(
            new V1SelfSubjectRulesReview { Spec = new V1SelfSubjectRulesReviewSpec { NamespaceProperty = "default" } }, cancellationToken: Token);
        rules.Status.ResourceRules.Should().Contain(rule => rule.Resources.Contains("deployments") && rule.Verbs.Contains("list") && rule.ApiGroups.Contains("apps"));
    }

    [Fact]
    public async Task RevokeTokens_FurtherRequests_AreUnauthorized()
    {
        string path = _cluster.CreateKubeconfigFor("leaver");
        using k8s.Kubernetes client = EmbeddedCluster.CreateClient(path);
        _cluster.Allow("leaver", null, ["*"], "*");
        await client.CoreV1.ListNamespacedPodAsync("default", cancellationToken: Token);

        _cluster.Faults.RevokeTokens("leaver");

        HttpOperationException error = (await ((Func<Task>)(() => client.CoreV1.ListNamespacedPodAsync("default", cancellationToken: Token))).Should().ThrowAsync<HttpOperationException>()).Which;
        error.Response.StatusCode.Should().Be(HttpStatusCode.Unauthorized);
    }

    private static async Task<string> MessageAsync(Func<Task> call)
    {
        HttpOperationException error = (await call.Should().ThrowAsync<HttpOperationException>()).Which;
        error.Response.StatusCode.Should().Be(HttpStatusCode.Forbidden);
        return JsonNode.Parse(error.Response.Content)!["message"]!.GetValue<string>();
    }
}
