using System.Net;
using System.Text.Json.Nodes;

using DaskK8s.IntegrationTests.Rigs;
using DaskK8s.Tests.Rigs;

using k8s;
using k8s.Autorest;
using k8s.Models;

namespace DaskK8s.IntegrationTests;

/// <summary>What scaling relies on of server-side apply: versions, uids, owners by set, defaulted keys. Where the embedded server differs from a real one, it is wrong.</summary>
public sealed class ApplyContract(TestCluster kubernetes) : IAsyncLifetime
{
    private const string Name = "applied";
    private readonly string _namespace = $"t-{Guid.NewGuid().ToString("N")[..10]}";

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => await kubernetes.Client.CoreV1.CreateNamespaceAsync(
        new V1Namespace { Metadata = new V1ObjectMeta { Name = _namespace } }, cancellationToken: Token);

    public async ValueTask DisposeAsync() => await kubernetes.Client.CoreV1.DeleteNamespaceAsync(_namespace);

    [Fact]
    public async Task Apply_VersionThatWasRead_SucceedsOnceAndConflictsThen()
    {
        V1Deployment read = await ApplyAsync("helm", Manifest(1));
        JsonObject next = Manifest(2, m => m["metadata"]!["resourceVersion"] = read.Metadata.ResourceVersion);
        await AnnotateAsync("somebody");

        await RefusedAsync(() => ApplyAsync("helm", next), HttpStatusCode.Conflict, "the object has been modified");
        next["metadata"]!["resourceVersion"] = (await ReadAsync()).Metadata.ResourceVersion;
        (await ApplyAsync("helm", next)).Spec.Replicas.Should().Be(2);
    }

    [Fact]
    public async Task Apply_ToADeploymentThatIsGone_MakesItAnewUnlessTheUidIsNamed()
    {
        V1Deployment read = await ApplyAsync("helm", Manifest(0));
        await kubernetes.Client.AppsV1.DeleteNamespacedDeploymentAsync(Name, _namespace, propagationPolicy: "Background", cancellationToken: Token);
        JsonObject again = Manifest(0, m => m["metadata"]!["uid"] = read.Metadata.Uid);

        await RefusedAsync(() => ApplyAsync("helm", again), HttpStatusCode.Conflict, "uid mismatch");
        again["metadata"]!.AsObject().Remove("uid");
        again["metadata"]!["resourceVersion"] = read.Metadata.ResourceVersion;
        (await ApplyAsync("helm", again)).Metadata.Uid.Should().NotBe(read.Metadata.Uid);
    }

    [Fact]
    public async Task Apply_AnotherUid_IsRefused()
    {
        await ApplyAsync("helm", Manifest(0));

        HttpOperationException refusal = (await ((Func<Task>)(() => ApplyAsync("helm", Manifest(1, static m => m["metadata"]!["uid"] = Guid.NewGuid().ToString()))))
            .Should().ThrowAsync<HttpOperationException>()).Which;

        refusal.Response.StatusCode.Should().BeOneOf(HttpStatusCode.Conflict, HttpStatusCode.UnprocessableEntity);
        (await ReadAsync()).Spec.Replicas.Should().Be(0);
    }

    [Fact]
    public async Task Apply_EqualValue_IsSharedAndAnotherOneConflicts()
    {
        await ApplyAsync("helm", Manifest(3));
        await ApplyAsync("flux", Manifest(3));

        Owners(await ReadAsync()).Should().BeEquivalentTo("helm Apply", "flux Apply");
        await RefusedAsync(() => ApplyAsync("helm", Manifest(4)), HttpStatusCode.Conflict, "conflict with \"flux\"", ".spec.replicas");
    }

    [Fact]
    public async Task Patch_OfAnAppliedField_TakesItAndRemovingTheEntryFreesIt()
    {
        await ApplyAsync("helm", Manifest(3));
        V1Deployment scaled = await PatchAsync("""{"spec":{"replicas":5}}""", V1Patch.PatchType.MergePatch, "daskk8s");
        Owners(scaled).Should().Equal("daskk8s Update");
        await RefusedAsync(() => ApplyAsync("helm", Manifest(3)), HttpStatusCode.Conflict, "conflict with \"daskk8s\"", ".spec.replicas");

        // The controller's change of status may come in between and put the entries in another order.
        V1Deployment? freed = null;
        await Poll.UntilAsync(async () =>
        {
            try
            {
                freed = await PatchAsync(DaskK8s.Scaling.FieldGiveBack.ToPatch((await ReadAsync()).Metadata)!, V1Patch.PatchType.JsonPatch, "daskk8s");
                return true;
            }
            catch (HttpOperationException e) when (e.Response.StatusCode == HttpStatusCode.UnprocessableEntity)
            {
                return false;
            }
        });

        Owners(freed!).Should().BeEmpty();
        freed!.Metadata.Generation.Should().Be(scaled.Metadata.Generation);
        (await ApplyAsync("helm", Manifest(3))).Spec.Replicas.Should().Be(3);
    }

    [Fact]
    public async Task Apply_OnSomebodysEntries_KeepsAppliedOnesFirst()
    {
        await ApplyAsync("zeta", Manifest(3));
        await AnnotateAsync("alpha");

        (await ReadAsync()).Metadata.ManagedFields[0].Should().BeEquivalentTo(new { Manager = "zeta", Operation = "Apply" });
    }

    [Fact]
    public async Task Apply_LeavesOutWhatItOwned_DropsItUnlessAnotherApplierDeclaresIt()
    {
        JsonObject both = Manifest(1, static m => m["metadata"]!["labels"] = new JsonObject { ["mine"] = "1", ["shared"] = "1", ["patched"] = "1" });
        await ApplyAsync("helm", both);
        await ApplyAsync("flux", Partial("""{"labels":{"shared":"1"}}"""));
        await PatchAsync("""{"metadata":{"labels":{"foreign":"1"}}}""", V1Patch.PatchType.MergePatch, "somebody");

        V1Deployment after = await ApplyAsync("helm", Manifest(1));

        after.Metadata.Labels.Should().BeEquivalentTo(new Dictionary<string, string> { ["shared"] = "1", ["foreign"] = "1" });
    }

    [Fact]
    public async Task Apply_PortWithoutProtocol_IsFoundByItsDefaultedKey()
    {
        V1Deployment first = await ApplyAsync("helm", Manifest(1));
        Fields(first, "helm").Should().Contain("""k:{\"containerPort\":8790,\"protocol\":\"TCP\"}""").And.NotContain("f:protocol");

        V1Deployment named = await ApplyAsync("helm", Manifest(1, static m => Container(m)["ports"] = JsonNode.Parse("""[{"containerPort":8790,"name":"dash","protocol":"TCP"}]""")));
        V1Deployment again = await ApplyAsync("helm", Manifest(1));

        Fields(named, "helm").Should().Contain("f:protocol");
        named.Spec.Template.Spec.Containers[0].Ports.Should().ContainSingle().Which.Name.Should().Be("dash");
        again.Spec.Template.Spec.Containers[0].Ports.Should().ContainSingle().Which.Should().BeEquivalentTo(new { ContainerPort = 8790, Protocol = "TCP", Name = (string?)null });
        Fields(again, "helm").Should().Be(Fields(first, "helm"));
    }

    [Fact]
    public async Task Apply_NullAndEmptyFields_AreOwnedAndLeaveOthersBeneath()
    {
        JsonObject empty = Manifest(1, static m =>
        {
            Container(m)["resources"] = new JsonObject();
            Container(m)["env"] = new JsonArray();
            Pod(m)["nodeSelector"] = new JsonObject { ["daskk8s.test/nowhere"] = "yes" };
            Pod(m)["volumes"] = null;
        });
        V1Deployment first = await ApplyAsync("helm", empty);
        await PatchAsync(
            """{"spec":{"template":{"spec":{"containers":[{"name":"w","resources":{"limits":{"cpu":"2"}},"env":[{"name":"A","value":"b"}]}]}}}}""",
            V1Patch.PatchType.StrategicMergePatch, "somebody");

        V1Deployment after = await ApplyAsync("helm", empty);

        Fields(first, "helm").Should().NotContain("f:env");
        if (!(await kubernetes.Client.Version.GetCodeAsync(Token)).Minor.StartsWith("20", StringComparison.Ordinal))
        {
            // A real 1.20 has no owner for these.
            Fields(first, "helm").Should().Contain("\"f:resources\":{}").And.Contain("\"f:volumes\":{}");
        }

        Fields(after, "helm").Should().Be(Fields(first, "helm"));
        V1Container container = after.Spec.Template.Spec.Containers[0];
        container.Resources.Limits.Should().ContainKey("cpu");
        container.Env.Should().ContainSingle().Which.Value.Should().Be("b");
    }

    [Fact]
    public async Task Apply_AtomicList_ChangesAsAWhole()
    {
        await ApplyAsync("helm", Manifest(1, static m => Pod(m)["tolerations"] = JsonNode.Parse("""[{"key":"a","operator":"Exists"},{"key":"b","operator":"Exists"}]""")));

        V1Deployment after = await ApplyAsync("helm", Manifest(1, static m => Pod(m)["tolerations"] = JsonNode.Parse("""[{"key":"b","operator":"Exists"}]""")));

        after.Spec.Template.Spec.Tolerations.Should().ContainSingle().Which.Key.Should().Be("b");
        Fields(after, "helm").Should().Contain("\"f:tolerations\":{}");
    }

    [Fact]
    public async Task Apply_DryRun_TellsWhatWouldBeAndChangesNothing()
    {
        V1Deployment before = await ApplyAsync("helm", Manifest(1));

        V1Deployment would = await ApplyAsync("helm", Manifest(4), dryRun: "All");

        would.Spec.Replicas.Should().Be(4);
        Owners(would).Should().Equal("helm Apply");
        V1Deployment after = await ReadAsync();
        after.Spec.Replicas.Should().Be(1);
        Fields(after, "helm").Should().Be(Fields(before, "helm"));
    }

    [Fact]
    public async Task Apply_AnotherVersionOrName_IsABadRequest()
    {
        await RefusedAsync(() => ApplyAsync("helm", Manifest(1, static m => m["apiVersion"] = "apps/v1beta2")), HttpStatusCode.BadRequest);
        await RefusedAsync(() => ApplyAsync("helm", Manifest(1, static m => m["metadata"]!["name"] = "other")), HttpStatusCode.BadRequest);
    }

    private static JsonObject Manifest(int replicas, Action<JsonObject>? change = null)
    {
        JsonObject manifest = (JsonObject)JsonNode.Parse($$"""
            {
              "apiVersion": "apps/v1", "kind": "Deployment", "metadata": { "name": "{{Name}}" },
              "spec": {
                "replicas": {{replicas}}, "selector": { "matchLabels": { "a": "b" } },
                "template": {
                  "metadata": { "labels": { "a": "b" } },
                  "spec": {
                    "nodeSelector": { "daskk8s.test/nowhere": "yes" },
                    "containers": [ { "name": "w", "image": "none", "args": [ "x" ], "ports": [ { "containerPort": 8790 } ] } ]
                  }
                }
              }
            }
            """)!;
        change?.Invoke(manifest);
        return manifest;
    }

    private static JsonObject Partial(string metadata)
    {
        JsonObject partial = new() { ["apiVersion"] = "apps/v1", ["kind"] = "Deployment", ["metadata"] = JsonNode.Parse(metadata) };
        partial["metadata"]!["name"] = Name;
        return partial;
    }

    private static JsonObject Pod(JsonObject manifest) => (JsonObject)manifest["spec"]!["template"]!["spec"]!;

    private static JsonObject Container(JsonObject manifest) => (JsonObject)Pod(manifest)["containers"]![0]!;

    private static string[] Owners(V1Deployment deployment) =>
        [.. deployment.Metadata.ManagedFields.Where(static e => DaskK8s.Scaling.Ownership.FieldEntry.OwnsReplicasIn(e.FieldsV1)).Select(static e => $"{e.Manager} {e.Operation}")];

    private static string Fields(V1Deployment deployment, string manager) =>
        KubernetesJson.Serialize(deployment.Metadata.ManagedFields.Single(e => e.Manager == manager && e.Operation == "Apply").FieldsV1).Replace("\\u0022", "\\\"", StringComparison.Ordinal);

    private static async Task RefusedAsync(Func<Task> call, HttpStatusCode status, params string[] said)
    {
        HttpOperationException refusal = (await call.Should().ThrowAsync<HttpOperationException>()).Which;
        refusal.Response.StatusCode.Should().Be(status, "the server says {0}", refusal.Response.Content);
        string message = JsonNode.Parse(refusal.Response.Content)!["message"]!.GetValue<string>();
        foreach (string part in said)
        {
            message.Should().Contain(part);
        }
    }

    private Task<V1Deployment> ReadAsync() => kubernetes.Client.AppsV1.ReadNamespacedDeploymentAsync(Name, _namespace, cancellationToken: Token);

    private Task AnnotateAsync(string manager) => PatchAsync("""{"metadata":{"annotations":{"x":"y"}}}""", V1Patch.PatchType.MergePatch, manager);

    private Task<V1Deployment> PatchAsync(string patch, V1Patch.PatchType type, string manager) =>
        kubernetes.Client.AppsV1.PatchNamespacedDeploymentAsync(new V1Patch(patch, type), Name, _namespace, fieldManager: manager, cancellationToken: Token);

    private Task<V1Deployment> ApplyAsync(string manager, JsonObject manifest, string? dryRun = null) => kubernetes.Client.AppsV1.PatchNamespacedDeploymentAsync(
        new V1Patch(manifest.ToJsonString(), V1Patch.PatchType.ApplyPatch), Name, _namespace, dryRun: dryRun, fieldManager: manager, cancellationToken: Token);
}
