using System.Text.Json.Nodes;

using DaskK8s.Testing;
using DaskK8s.Tests.Rigs.Cluster;

using k8s;
using k8s.Models;

namespace DaskK8s.Tests.Scaling.Ownership;

/// <summary>Scales a Deployment that somebody applied on the server's side: in whose name, and what stays as it was.</summary>
public sealed class OwnerScalingTests
{
    private const string Worker = "my-dask-worker";
    private static readonly ScaleOptions Immediate = new() { ScaleDown = ScaleDown.Immediate };

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task ScaleAsync_AppliedByHelm_ChangesTheNumberOnlyAndInHelmsName()
    {
        await using OwnerRig rig = await OwnerRig.StartAsync();
        JsonObject before = await rig.ReadAsync();

        ScaleResult up = await rig.Cluster.ScaleAsync(5, cancellationToken: Token);
        ScaleResult down = await rig.Cluster.ScaleAsync(1, Immediate, cancellationToken: Token);

        up.Should().BeEquivalentTo(new { Before = 2, After = 5, Ownership = FieldOwnership.ChangedAsOwner, OwnershipReason = (string?)null });
        down.Should().BeEquivalentTo(new { Before = 5, After = 1, Ownership = FieldOwnership.ChangedAsOwner });
        JsonObject after = await rig.ReadAsync();
        OwnerRig.SpecOf(after, 0).Should().Be(OwnerRig.SpecOf(before, 0));
        OwnerRig.ManagersOf(after).Should().BeEquivalentTo(OwnerRig.ManagersOf(before));
        OwnerRig.OwnersOfReplicas(after).Should().Equal("helm Apply");
    }

    [Fact]
    public async Task ScaleAsync_FormSeenBefore_AppliesWithoutATrial()
    {
        await using OwnerRig rig = await OwnerRig.StartAsync();
        await using HelmCluster cluster = await rig.ConnectAsync();
        await cluster.ScaleAsync(3, cancellationToken: Token);
        rig.Kubernetes.ClearRequests();

        await cluster.ScaleAsync(4, cancellationToken: Token);

        EmbeddedRequest[] patches = [.. rig.Kubernetes.Requests.Where(static r => r is { Resource: "deployments", Verb: "patch" })];
        patches.Should().NotBeEmpty().And.OnlyContain(static r => r.ContentType.StartsWith("application/apply-patch+yaml", StringComparison.Ordinal));
        patches.Should().OnlyContain(static r => r.Query.Contains("fieldManager=helm") && !r.Query.Contains("force") && !r.Query.Contains("dryRun"));
        patches[0].UserAgent.Should().MatchRegex(@"^daskk8s/\d+\.\d+\.\d+$");
    }

    [Fact]
    public async Task ScaleAsync_SomebodyUpgradesInBetween_LosesNothingOfIt()
    {
        await using OwnerRig rig = await OwnerRig.StartAsync();
        int applies = 0;
        rig.Before = async (request, _) =>
        {
            if (OwnerRig.IsApply(request) && ++applies <= 4)
            {
                await rig.ApplyAsync(spec => spec["containers"]![0]!["image"] = $"dask:{applies}");
            }
        };

        ScaleResult result = await rig.Cluster.ScaleAsync(6, cancellationToken: Token);

        result.Should().BeEquivalentTo(new { After = 6, Ownership = FieldOwnership.ChangedAsOwner });
        JsonObject after = await rig.ReadAsync();
        after["spec"]!["template"]!["spec"]!["containers"]![0]!["image"]!.GetValue<string>().Should().Be("dask:4");
        after["spec"]!["replicas"]!.GetValue<int>().Should().Be(6);
    }

    [Fact]
    public async Task ScaleAsync_GroupBecomesLargerInBetween_NeverShrinksByMistake()
    {
        await using OwnerRig rig = await OwnerRig.StartAsync();
        bool isDone = false;
        rig.Before = async (request, _) =>
        {
            if (OwnerRig.IsApply(request) && !isDone)
            {
                isDone = true;
                await (rig.Release with { Workers = 9 }).UpgradeAsync(rig.Client, Token);
            }
        };

        Func<Task> act = () => rig.Cluster.ScaleAsync(6, cancellationToken: Token);

        await act.Should().ThrowAsync<LosslessScaleDownException>();
        (await rig.ReadAsync())["spec"]!["replicas"]!.GetValue<int>().Should().Be(9);
    }

    [Fact]
    public async Task ScaleAsync_DeploymentDeletedInBetween_IsNotMadeAnew()
    {
        await using OwnerRig rig = await OwnerRig.StartAsync();
        rig.Before = (request, _) => OwnerRig.IsApply(request) ? rig.DeleteWorkerAsync() : Task.CompletedTask;

        Func<Task> act = () => rig.Cluster.ScaleAsync(6, cancellationToken: Token);

        await act.Should().ThrowAsync<KubernetesNotFoundException>();
        (await rig.Client.AppsV1.ListNamespacedDeploymentAsync("default", cancellationToken: Token)).Items.Should().NotContain(static d => d.Metadata.Name == Worker);
    }

    [Fact]
    public async Task ScaleAsync_AnswerLost_IsMadeOnceMoreWithoutHarm()
    {
        await using OwnerRig rig = await OwnerRig.StartAsync();
        using IDisposable fault = rig.Kubernetes.Faults.AddHttp(new HttpFault
        {
            Verb = "patch",
            Resource = "deployments",
            Times = 1,
            ResetAfter = 20,
            Where = static r => r.Query.Contains("fieldManager=helm") && !r.Query.Contains("dryRun"),
        });

        ScaleResult result = await rig.Cluster.ScaleAsync(6, cancellationToken: Token);

        result.After.Should().Be(6);
        OwnerRig.OwnersOfReplicas(await rig.ReadAsync()).Should().Equal("helm Apply");
    }

    [Theory]
    [InlineData("two appliers", "several managers")]
    [InlineData("scale subresource", "no manager owns spec.replicas by server-side apply")]
    [InlineData("nobody", "no manager owns spec.replicas by server-side apply")]
    [InlineData("dry run refused", "dry run")]
    public async Task ScaleAsync_NotCertain_PatchesGivesBackAndSaysWhy(string situation, string reason)
    {
        await using OwnerRig rig = await OwnerRig.StartAsync();
        using IDisposable? fault = await rig.ArrangeAsync(situation);

        ScaleResult result = await rig.Cluster.ScaleAsync(7, cancellationToken: Token);

        result.Should().BeEquivalentTo(new { After = 7, Ownership = FieldOwnership.GivenBack });
        result.OwnershipReason.Should().Contain(reason);
        OwnerRig.ManagersOf(await rig.ReadAsync()).Should().NotContain(static m => m.StartsWith("daskk8s", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("""{"nodeSelector":null,"tolerations":[],"affinity":{},"volumes":null}""")]
    [InlineData("""{"imagePullSecrets":[{"name":"s"}],"nodeSelector":{"a":"b"},"tolerations":[{"key":"x","operator":"Exists"}]}""")]
    [InlineData("""{"volumes":[{"name":"v","emptyDir":{}},{"name":"c","configMap":{"name":"m","items":[{"key":"a","path":"b"}]}}],"securityContext":{"runAsUser":1000}}""")]
    public async Task ScaleAsync_PodSpecsThatChartsWrite_StayOwnedToTheLastField(string podSpec)
    {
        await using OwnerRig rig = await OwnerRig.StartAsync();
        await rig.ApplyAsync(spec =>
        {
            foreach ((string name, JsonNode? value) in (JsonObject)JsonNode.Parse(podSpec)!)
            {
                spec[name] = value?.DeepClone();
            }
        });
        JsonObject before = await rig.ReadAsync();

        ScaleResult result = await rig.Cluster.ScaleAsync(4, cancellationToken: Token);

        result.Should().BeEquivalentTo(new { After = 4, Ownership = FieldOwnership.ChangedAsOwner });
        JsonObject after = await rig.ReadAsync();
        OwnerRig.SpecOf(after, 0).Should().Be(OwnerRig.SpecOf(before, 0));
        OwnerRig.FieldsOf(after, "helm").Should().Be(OwnerRig.FieldsOf(before, "helm"));
    }

    [Fact]
    public async Task ScaleAsync_OthersFilledWhatHelmAppliedEmpty_StaysTheirs()
    {
        await using OwnerRig rig = await OwnerRig.StartAsync();
        await rig.ApplyAsync(static spec => spec["containers"]![0]!["resources"] = new JsonObject());
        await rig.Client.AppsV1.PatchNamespacedDeploymentAsync(
            new V1Patch("""{"spec":{"template":{"spec":{"containers":[{"name":"my-dask-worker","resources":{"limits":{"cpu":"2"}}}]}}}}""", V1Patch.PatchType.StrategicMergePatch),
            Worker, "default", fieldManager: "somebody", cancellationToken: Token);

        ScaleResult result = await rig.Cluster.ScaleAsync(4, cancellationToken: Token);

        result.Ownership.Should().Be(FieldOwnership.ChangedAsOwner);
        JsonObject after = await rig.ReadAsync();
        OwnerRig.FieldsOf(after, "helm").Should().NotContain("f:limits");
        OwnerRig.FieldsOf(after, "somebody").Should().Contain("f:limits");
    }

    [Theory]
    [InlineData("connect")]
    [InlineData("scale the group")]
    [InlineData("scale another group")]
    public async Task StrayOfADeadClient_NextClient_GivesItBackAndDriftTellsOfIt(string next)
    {
        await using OwnerRig rig = await OwnerRig.StartAsync();
        await rig.LeaveBehindAsync(5);
        WorkerGroupDrift drift = (await rig.Cluster.GetDriftAsync(Token)).Should().ContainSingle().Which;
        Func<Task> upgrade = () => rig.Release.UpgradeAsync(rig.Client, Token);
        await upgrade.Should().ThrowAsync<k8s.Autorest.HttpOperationException>();

        switch (next)
        {
            case "connect":
                await using (HelmCluster another = await rig.ConnectAsync())
                {
                    another.Name.Should().Be("my-dask.default");
                }

                break;
            case "scale the group":
                await rig.Cluster.ScaleAsync(6, cancellationToken: Token);
                break;
            default:
                await rig.Cluster.ScaleAsync(2, "gpu", Token);
                break;
        }

        drift.Should().BeEquivalentTo(new { WorkerGroup = "worker", Live = 5, Deployed = 2, ConflictsWith = new[] { "daskk8s" } });
        drift.ToString().Should().Contain("conflict with daskk8s");
        OwnerRig.OwnersOfReplicas(await rig.ReadAsync()).Should().BeEmpty();
        await upgrade.Should().NotThrowAsync();
    }

    [Fact]
    public async Task StrayOfADeadClient_SameNumberAsDeclared_IsDriftToo()
    {
        await using OwnerRig rig = await OwnerRig.StartAsync();
        await rig.LeaveBehindAsync(5);
        await rig.LeaveBehindAsync(2);

        (await rig.Cluster.GetDriftAsync(Token)).Should().ContainSingle().Which.Should().BeEquivalentTo(new { Live = 2, Deployed = 2, ConflictsWith = new[] { "daskk8s" } });
        (await rig.Cluster.RestoreDeclaredAsync(cancellationToken: Token)).Should().ContainSingle();

        (await rig.Cluster.GetDriftAsync(Token)).Should().BeEmpty();
    }

    [Fact]
    public async Task ScaleAsync_DeploymentChangesBeforeEachGiveBack_GivesItBackAllTheSame()
    {
        await using OwnerRig rig = await OwnerRig.StartAsync();
        using IDisposable? situation = await rig.ArrangeAsync("nobody");
        int patches = 0;
        rig.Before = async (request, _) =>
        {
            // The annotation moves somebody's entry before or behind ours, as status changes do with the controller's.
            if (OwnerRig.IsGiveBack(request) && ++patches <= 12)
            {
                await rig.AnnotateAsync($"a{patches}", patches % 2 == 0 ? "aa" : "zz");
            }
        };

        ScaleResult result = await rig.Cluster.ScaleAsync(7, cancellationToken: Token);

        patches.Should().BePositive();
        result.Ownership.Should().Be(FieldOwnership.GivenBack, "the object's version does not matter");
        OwnerRig.OwnersOfReplicas(await rig.ReadAsync()).Should().BeEmpty();
    }

    [Fact]
    public async Task ScaleAsync_ServerFailsForAWhile_GoesOnGivingBack()
    {
        await using OwnerRig rig = await OwnerRig.StartAsync();
        using IDisposable? situation = await rig.ArrangeAsync("nobody");
        using IDisposable fault = rig.Kubernetes.Faults.AddHttp(new HttpFault { Verb = "patch", Resource = "deployments", Skip = 1, Times = 9, Status = 409 });

        (await rig.Cluster.ScaleAsync(7, cancellationToken: Token)).Ownership.Should().Be(FieldOwnership.GivenBack, "it goes on beyond the five times of old");
    }

    [Fact]
    public async Task ScaleAsync_DeploymentGoneWhileItIsGivenBack_Ends()
    {
        await using OwnerRig rig = await OwnerRig.StartAsync();
        using IDisposable? situation = await rig.ArrangeAsync("nobody");
        rig.Before = (request, _) => OwnerRig.IsGiveBack(request) ? rig.DeleteWorkerAsync() : Task.CompletedTask;

        (await rig.Cluster.ScaleAsync(7, cancellationToken: Token)).Ownership.Should().Be(FieldOwnership.GivenBack);
    }

    [Fact]
    public async Task ScaleAsync_CancelledWhileItIsGivenBack_StillGivesItBack()
    {
        await using OwnerRig rig = await OwnerRig.StartAsync();
        using IDisposable? situation = await rig.ArrangeAsync("nobody");
        using CancellationTokenSource cancel = CancellationTokenSource.CreateLinkedTokenSource(Token);
        rig.Before = (request, _) => OwnerRig.IsGiveBack(request) ? cancel.CancelAsync() : Task.CompletedTask;

        await rig.Cluster.Invoking(c => c.ScaleAsync(7, cancellationToken: cancel.Token)).Should().ThrowAsync<OperationCanceledException>();

        OwnerRig.OwnersOfReplicas(await rig.ReadAsync()).Should().BeEmpty();
    }
}
