using System.Net;
using System.Text.Json.Nodes;
using k8s;
using k8s.Autorest;
using k8s.Models;

namespace DaskK8s.Testing.Tests;

public sealed class ApplyTests : IAsyncLifetime
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
    public async Task Scale_ByAnotherManager_MovesTheOwnershipOfReplicas()
    {
        await new DaskRelease { HelmVersion = 4 }.InstallAsync(_client, Token);

        V1Deployment scaled = await _client.ScaleAsync("my-dask-worker", 5, manager: "daskk8s");

        OwnersOfReplicas(scaled).Should().BeEquivalentTo([("daskk8s", "Update")]);
        V1ManagedFieldsEntry helm = scaled.Metadata.ManagedFields.Single(entry => entry.Manager == "helm");
        helm.Operation.Should().Be("Apply");
        helm.FieldsV1.ToString().Should().Contain("f:template");
    }

    [Fact]
    public async Task Upgrade_AfterForeignScaling_FailsWithHelm4UntilTheEntryIsGone()
    {
        DaskRelease release = new() { HelmVersion = 4 };
        await release.InstallAsync(_client, Token);
        await _client.ScaleAsync("my-dask-worker", 5, manager: "daskk8s");

        HttpOperationException error = (await ((Func<Task>)(() => release.UpgradeAsync(_client, Token))).Should().ThrowAsync<HttpOperationException>()).Which;
        error.Response.StatusCode.Should().Be(HttpStatusCode.Conflict);
        JsonNode.Parse(error.Response.Content)!["message"]!.GetValue<string>().Should().Be("Apply failed with 1 conflict: conflict with \"daskk8s\" using apps/v1: .spec.replicas");

        V1Deployment before = await ReadAsync();
        int index = before.Metadata.ManagedFields.ToList().FindIndex(entry => entry.Manager == "daskk8s");
        V1Deployment removed = await _client.AppsV1.PatchNamespacedDeploymentAsync(
            new V1Patch($$"""[{"op":"test","path":"/metadata/managedFields/{{index}}/manager","value":"daskk8s"},{"op":"remove","path":"/metadata/managedFields/{{index}}"}]""", V1Patch.PatchType.JsonPatch),
            "my-dask-worker", "default", fieldManager: "daskk8s", cancellationToken: Token);
        removed.Metadata.Generation.Should().Be(before.Metadata.Generation);
        OwnersOfReplicas(removed).Should().BeEmpty();

        int revision = await release.UpgradeAsync(_client, Token);

        revision.Should().Be(3, "the failed upgrade is a revision too");
        (await ReadAsync()).Spec.Replicas.Should().Be(3);
        V1SecretList records = await _client.CoreV1.ListNamespacedSecretAsync("default", labelSelector: "owner=helm", cancellationToken: Token);
        records.Items.Select(item => (item.Metadata.Labels["version"], item.Metadata.Labels["status"])).Should().BeEquivalentTo([("1", "superseded"), ("2", "failed"), ("3", "deployed")]);
    }

    [Fact]
    public async Task Upgrade_AfterScalingBackToTheDeclaredNumber_Passes()
    {
        DaskRelease release = new() { HelmVersion = 4 };
        await release.InstallAsync(_client, Token);
        await _client.ScaleAsync("my-dask-worker", 5, manager: "daskk8s");
        await _client.ScaleAsync("my-dask-worker", 3, manager: "daskk8s");

        (await release.UpgradeAsync(_client, Token)).Should().Be(2);
    }

    [Fact]
    public async Task Upgrade_WithHelm3_SetsTheDeclaredNumberAgain()
    {
        DaskRelease release = new();
        await release.InstallAsync(_client, Token);
        await _client.ScaleAsync("my-dask-worker", 5);

        await (release with { Workers = 4 }).UpgradeAsync(_client, Token);

        (await ReadAsync()).Spec.Replicas.Should().Be(4);
    }

    [Fact]
    public async Task Scale_BySubresource_IsToldInTheConflict()
    {
        DaskRelease release = new() { HelmVersion = 4 };
        await release.InstallAsync(_client, Token);
        await _client.AppsV1.PatchNamespacedDeploymentScaleAsync(new V1Patch("""{"spec":{"replicas":7}}""", V1Patch.PatchType.MergePatch), "my-dask-worker", "default", fieldManager: "kubectl", cancellationToken: Token);

        HttpOperationException error = (await ((Func<Task>)(() => release.UpgradeAsync(_client, Token))).Should().ThrowAsync<HttpOperationException>()).Which;

        error.Response.Content.Should().Contain("conflict with \\\"kubectl\\\" with subresource \\\"scale\\\" using apps/v1: .spec.replicas");
    }

    [Fact]
    public async Task Apply_WithForce_TakesTheFieldAndDropsWhatIsLeftOut()
    {
        await ApplyAsync("""{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"a"},"data":{"x":"1","y":"1"}}""", "first", false);
        await _client.CoreV1.PatchNamespacedConfigMapAsync(new V1Patch("""{"data":{"x":"2"}}""", V1Patch.PatchType.MergePatch), "a", "default", fieldManager: "second", cancellationToken: Token);

        Func<Task> withoutForce = () => ApplyAsync("""{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"a"},"data":{"x":"3"}}""", "first", false);
        await withoutForce.Should().ThrowAsync<HttpOperationException>();
        V1ConfigMap map = await ApplyAsync("""{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"a"},"data":{"x":"3"}}""", "first", true);

        map.Data.Should().BeEquivalentTo(new Dictionary<string, string> { ["x"] = "3" });
        map.Metadata.ManagedFields.Should().ContainSingle(entry => entry.Manager == "first" && entry.Operation == "Apply");
    }

    private static IEnumerable<(string Manager, string Operation)> OwnersOfReplicas(V1Deployment deployment) => deployment.Metadata.ManagedFields
        .Where(entry => JsonNode.Parse(entry.FieldsV1.ToString()!)!["f:spec"]?["f:replicas"] is not null)
        .Select(entry => (entry.Manager, entry.Operation));

    private Task<V1Deployment> ReadAsync() => _client.AppsV1.ReadNamespacedDeploymentAsync("my-dask-worker", "default", cancellationToken: Token);

    private Task<V1ConfigMap> ApplyAsync(string json, string manager, bool force) => _client.CoreV1.PatchNamespacedConfigMapAsync(
        new V1Patch(json, V1Patch.PatchType.ApplyPatch), "a", "default", fieldManager: manager, force: force, cancellationToken: Token);
}
