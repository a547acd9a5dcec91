using System.Net;
using System.Text.Json.Nodes;
using k8s;
using k8s.Autorest;
using k8s.Models;

namespace DaskK8s.Testing.Tests;

public sealed class ApiTests : IAsyncLifetime
{
    private EmbeddedCluster _cluster = null!;
    private Kubernetes _client = null!;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _cluster = await EmbeddedCluster.StartAsync(cancellationToken: Token);
        _client = _cluster.CreateClient();
    }

    public async ValueTask DisposeAsync()
    {
        _client.Dispose();
        await _cluster.DisposeAsync();
    }

    [Fact]
    public async Task Read_Missing_GivesStatusNotFound()
    {
        HttpOperationException error = await Refused(() => _client.AppsV1.ReadNamespacedDeploymentAsync("none", "default", cancellationToken: Token));

        error.Response.StatusCode.Should().Be(HttpStatusCode.NotFound);
        JsonNode status = JsonNode.Parse(error.Response.Content)!;
        status["kind"]!.GetValue<string>().Should().Be("Status");
        status["message"]!.GetValue<string>().Should().Be("deployments.apps \"none\" not found");
        status["reason"]!.GetValue<string>().Should().Be("NotFound");
        status["details"]!.ToJsonString().Should().Be("""{"name":"none","group":"apps","kind":"deployments"}""");
        status["code"]!.GetValue<int>().Should().Be(404);
    }

    [Fact]
    public async Task Create_Twice_GivesAlreadyExists()
    {
        await CreateMapAsync("twice");

        HttpOperationException error = await Refused(() => CreateMapAsync("twice"));

        error.Response.StatusCode.Should().Be(HttpStatusCode.Conflict);
        error.Response.Content.Should().Contain("configmaps \\\"twice\\\" already exists");
    }

    [Fact]
    public async Task DeleteCollection_SeveralAtOnce_AllSucceed()
    {
        foreach (int i in Enumerable.Range(0, 200))
        {
            await CreateMapAsync($"many-{i}");
        }

        await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => _client.CoreV1.DeleteCollectionNamespacedConfigMapAsync("default", cancellationToken: Token)));

        (await _client.CoreV1.ListNamespacedConfigMapAsync("default", cancellationToken: Token)).Items.Should().BeEmpty();
    }

    [Fact]
    public async Task Create_InMissingNamespace_GivesNotFound()
    {
        HttpOperationException error = await Refused(() => _client.CoreV1.CreateNamespacedConfigMapAsync(new V1ConfigMap { Metadata = new V1ObjectMeta { Name = "a" } }, "nowhere", cancellationToken: Token));

        error.Response.Content.Should().Contain("namespaces \\\"nowhere\\\" not found");
    }

    [Fact]
    public async Task Replace_WithOldVersion_GivesConflict()
    {
        V1ConfigMap old = await CreateMapAsync("stale");
        await _client.CoreV1.PatchNamespacedConfigMapAsync(Merge("""{"data":{"a":"1"}}"""), "stale", "default", cancellationToken: Token);
        old.Data = new Dictionary<string, string> { ["b"] = "2" };

        HttpOperationException error = await Refused(() => _client.CoreV1.ReplaceNamespacedConfigMapAsync(old, "stale", "default", cancellationToken: Token));

        error.Response.StatusCode.Should().Be(HttpStatusCode.Conflict);
        error.Response.Content.Should().Contain("the object has been modified; please apply your changes to the latest version and try again");
    }

    [Fact]
    public async Task Patch_WithOldVersion_GivesConflict()
    {
        await CreateMapAsync("versioned");

        HttpOperationException error = await Refused(() => _client.CoreV1.PatchNamespacedConfigMapAsync(
            Merge("""{"metadata":{"resourceVersion":"1"},"data":{"a":"1"}}"""), "versioned", "default", cancellationToken: Token));

        error.Response.StatusCode.Should().Be(HttpStatusCode.Conflict);
    }

    [Fact]
    public async Task Patch_WithoutChange_KeepsTheVersion()
    {
        V1ConfigMap created = await CreateMapAsync("same", ("a", "1"));

        V1ConfigMap patched = await _client.CoreV1.PatchNamespacedConfigMapAsync(Merge("""{"data":{"a":"1"}}"""), "same", "default", cancellationToken: Token);

        patched.Metadata.ResourceVersion.Should().Be(created.Metadata.ResourceVersion);
    }

    [Fact]
    public async Task Patch_MergeWithNull_Deletes()
    {
        await CreateMapAsync("merge", ("a", "1"), ("b", "2"));

        V1ConfigMap patched = await _client.CoreV1.PatchNamespacedConfigMapAsync(Merge("""{"data":{"a":null,"c":"3"}}"""), "merge", "default", cancellationToken: Token);

        patched.Data.Should().BeEquivalentTo(new Dictionary<string, string> { ["b"] = "2", ["c"] = "3" });
    }

    [Fact]
    public async Task Patch_Strategic_JoinsContainersByName()
    {
        await new DaskRelease().InstallAsync(_client, Token);

        V1Deployment patched = await _client.AppsV1.PatchNamespacedDeploymentAsync(
            new V1Patch("""{"spec":{"template":{"spec":{"containers":[{"name":"my-dask-worker","image":"daskdev/dask:2"},{"name":"sidecar","image":"side:1"}]}}}}""", V1Patch.PatchType.StrategicMergePatch),
            "my-dask-worker", "default", cancellationToken: Token);

        patched.Spec.Template.Spec.Containers.Select(container => (container.Name, container.Image)).Should().BeEquivalentTo([("my-dask-worker", "daskdev/dask:2"), ("sidecar", "side:1")]);
        patched.Spec.Template.Spec.Containers.Single(container => container.Name == "my-dask-worker").Args.Should().Contain("my-dask-scheduler:8786");
    }

    [Fact]
    public async Task Patch_Json_TestsAndReplaces()
    {
        await CreateMapAsync("json", ("a", "1"));

        V1ConfigMap patched = await _client.CoreV1.PatchNamespacedConfigMapAsync(
            new V1Patch("""[{"op":"test","path":"/data/a","value":"1"},{"op":"replace","path":"/data/a","value":"2"},{"op":"add","path":"/data/b~1c","value":"3"}]""", V1Patch.PatchType.JsonPatch),
            "json", "default", cancellationToken: Token);
        HttpOperationException error = await Refused(() => _client.CoreV1.PatchNamespacedConfigMapAsync(
            new V1Patch("""[{"op":"test","path":"/data/a","value":"1"}]""", V1Patch.PatchType.JsonPatch), "json", "default", cancellationToken: Token));

        patched.Data.Should().BeEquivalentTo(new Dictionary<string, string> { ["a"] = "2", ["b/c"] = "3" });
        error.Response.StatusCode.Should().Be(HttpStatusCode.UnprocessableEntity);
    }

    [Fact]
    public async Task Patch_NegativeReplicas_GivesInvalid()
    {
        await new DaskRelease().InstallAsync(_client, Token);

        HttpOperationException error = await Refused(() => _client.ScaleAsync("my-dask-worker", -1));

        error.Response.StatusCode.Should().Be(HttpStatusCode.UnprocessableEntity);
        JsonNode.Parse(error.Response.Content)!["message"]!.GetValue<string>()
            .Should().Be("Deployment.apps \"my-dask-worker\" is invalid: spec.replicas: Invalid value: -1: must be greater than or equal to 0");
    }

    [Fact]
    public async Task Patch_ScaleSubresource_ChangesTheDeployment()
    {
        await new DaskRelease().InstallAsync(_client, Token);

        V1Scale scale = await _client.AppsV1.PatchNamespacedDeploymentScaleAsync(Merge("""{"spec":{"replicas":2}}"""), "my-dask-worker", "default", cancellationToken: Token);

        scale.Spec.Replicas.Should().Be(2);
        scale.Status.Selector.Should().Be("app=dask,component=worker,release=my-dask");
        (await _client.AppsV1.ReadNamespacedDeploymentAsync("my-dask-worker", "default", cancellationToken: Token)).Spec.Replicas.Should().Be(2);
    }

    [Fact]
    public async Task List_WithLimit_PagesOneSnapshot()
    {
        for (int i = 0; i < 5; i++)
        {
            await CreateMapAsync($"page-{i}");
        }

        V1ConfigMapList first = await _client.CoreV1.ListNamespacedConfigMapAsync("default", limit: 2, cancellationToken: Token);
        await CreateMapAsync("page-9");
        V1ConfigMapList second = await _client.CoreV1.ListNamespacedConfigMapAsync("default", limit: 2, continueParameter: first.Metadata.ContinueProperty, cancellationToken: Token);
        V1ConfigMapList third = await _client.CoreV1.ListNamespacedConfigMapAsync("default", limit: 2, continueParameter: second.Metadata.ContinueProperty, cancellationToken: Token);

        first.Metadata.RemainingItemCount.Should().Be(3);
        first.Items.Concat(second.Items).Concat(third.Items).Select(item => item.Metadata.Name).Should().Equal("page-0", "page-1", "page-2", "page-3", "page-4");
        third.Metadata.ContinueProperty.Should().BeNull();
        second.Metadata.ResourceVersion.Should().Be(first.Metadata.ResourceVersion);
    }

    [Fact]
    public async Task List_WithExpiredContinue_Gives410()
    {
        await CreateMapAsync("one");
        await CreateMapAsync("two");
        V1ConfigMapList first = await _client.CoreV1.ListNamespacedConfigMapAsync("default", limit: 1, cancellationToken: Token);
        _cluster.Faults.ForgetHistory();

        HttpOperationException error = await Refused(() => _client.CoreV1.ListNamespacedConfigMapAsync("default", limit: 1, continueParameter: first.Metadata.ContinueProperty, cancellationToken: Token));

        error.Response.StatusCode.Should().Be(HttpStatusCode.Gone);
    }

    [Theory]
    [InlineData("app=dask", "a,b,c")]
    [InlineData("app=dask,component!=worker", "a,c")]
    [InlineData("component in (worker, scheduler)", "a,b")]
    [InlineData("component notin (worker),app", "a,c")]
    [InlineData("!component", "c,d")]
    public async Task List_WithLabelSelector_Chooses(string selector, string names)
    {
        await LabelledAsync("a", ("app", "dask"), ("component", "scheduler"));
        await LabelledAsync("b", ("app", "dask"), ("component", "worker"));
        await LabelledAsync("c", ("app", "dask"));
        await LabelledAsync("d", ("other", "x"));

        V1ConfigMapList list = await _client.CoreV1.ListNamespacedConfigMapAsync("default", labelSelector: selector, cancellationToken: Token);

        list.Items.Select(item => item.Metadata.Name).Should().Equal(names.Split(','));
    }

    [Fact]
    public async Task List_WithFieldSelector_ChoosesOrRefuses()
    {
        await new DaskRelease().InstallAsync(_client, Token);
        await _client.ReadyPodsAsync(4);

        V1PodList running = await _client.CoreV1.ListNamespacedPodAsync("default", fieldSelector: "status.phase=Running,spec.nodeName=node1", cancellationToken: Token);
        HttpOperationException error = await Refused(() => _client.CoreV1.ListNamespacedPodAsync("default", fieldSelector: "spec.image=x", cancellationToken: Token));

        running.Items.Should().HaveCount(4);
        error.Response.Content.Should().Contain("field label not supported: spec.image");
    }

    [Fact]
    public async Task List_MetadataOnly_LeavesTheRestOut()
    {
        await CreateMapAsync("partial", ("a", "1"));
        using HttpClient http = new(new HttpClientHandler { ServerCertificateCustomValidationCallback = (_, _, _, _) => true });
        using HttpRequestMessage request = new(HttpMethod.Get, new Uri(_cluster.Server, "api/v1/namespaces/default/configmaps")) { Version = HttpVersion.Version20 };
        request.Headers.Add("Authorization", $"Bearer {BearerToken()}");
        request.Headers.TryAddWithoutValidation("Accept", "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1,application/json");

        HttpResponseMessage response = await http.SendAsync(request, Token);

        JsonNode list = JsonNode.Parse(await response.Content.ReadAsStringAsync(Token))!;
        response.Version.Should().Be(HttpVersion.Version20);
        list["kind"]!.GetValue<string>().Should().Be("PartialObjectMetadataList");
        list["items"]!.AsArray().Should().OnlyContain(item => item!["data"] == null && item["metadata"]!["name"] != null);
    }

    [Fact]
    public async Task Create_Service_AssignsAddressesAndPorts()
    {
        await new DaskRelease { ServiceType = "NodePort" }.InstallAsync(_client, Token);
        await new DaskRelease { Name = "lb", ServiceType = "LoadBalancer" }.InstallAsync(_client, Token);

        V1Service node = await _client.CoreV1.ReadNamespacedServiceAsync("my-dask-scheduler", "default", cancellationToken: Token);
        V1Service balancer = await _client.CoreV1.ReadNamespacedServiceAsync("lb-dask-scheduler", "default", cancellationToken: Token);

        node.Spec.ClusterIP.Should().NotBeNullOrEmpty();
        node.Spec.Ports.Should().OnlyContain(port => port.NodePort >= 30000 && port.Protocol == "TCP");
        balancer.Status.LoadBalancer.Ingress.Should().BeNull();
    }

    [Fact]
    public async Task Requests_AreRemembered()
    {
        _cluster.ClearRequests();
        await _client.CoreV1.ListNamespacedPodAsync("default", cancellationToken: Token);

        EmbeddedRequest request = _cluster.Requests.Should().ContainSingle().Subject;
        request.Should().Match<EmbeddedRequest>(seen => seen.Verb == "list" && seen.Resource == "pods" && seen.User == "kubernetes-admin" && seen.Protocol == "HTTP/2");
    }

    [Fact]
    public async Task Version_IsTheConfiguredOne()
    {
        VersionInfo version = await _client.Version.GetCodeAsync(Token);

        version.GitVersion.Should().Be("v1.34.1");
        version.Minor.Should().Be("34");
    }

    [Fact]
    public async Task Delete_Namespace_TakesAllInItAlong()
    {
        await new DaskRelease { Namespace = "gone" }.InstallAsync(_client, Token);
        await _client.ReadyPodsAsync(4, "gone");

        await _client.CoreV1.DeleteNamespaceAsync("gone", cancellationToken: Token);
        await _client.PodsAsync(pods => pods.Count == 0, "gone");

        for (int i = 0; i < 100 && (await _client.CoreV1.ListNamespaceAsync(cancellationToken: Token)).Items.Any(item => item.Metadata.Name == "gone"); i++)
        {
            await Task.Delay(20, Token);
        }

        (await Refused(() => _client.CoreV1.ReadNamespaceAsync("gone", cancellationToken: Token))).Response.StatusCode.Should().Be(HttpStatusCode.NotFound);
    }

    private static V1Patch Merge(string json) => new(json, V1Patch.PatchType.MergePatch);

    private static async Task<HttpOperationException> Refused(Func<Task> call) => (await call.Should().ThrowAsync<HttpOperationException>()).Which;

    private string BearerToken() => _cluster.Kubeconfig.Split("token: ")[1].Trim();

    private Task<V1ConfigMap> CreateMapAsync(string name, params (string Key, string Value)[] data) => _client.CoreV1.CreateNamespacedConfigMapAsync(
        new V1ConfigMap { Metadata = new V1ObjectMeta { Name = name }, Data = data.ToDictionary(pair => pair.Key, pair => pair.Value) }, "default", cancellationToken: Token);

    private Task<V1ConfigMap> LabelledAsync(string name, params (string Key, string Value)[] labels) => _client.CoreV1.CreateNamespacedConfigMapAsync(
        new V1ConfigMap { Metadata = new V1ObjectMeta { Name = name, Labels = labels.ToDictionary(pair => pair.Key, pair => pair.Value) } }, "default", cancellationToken: Token);
}
