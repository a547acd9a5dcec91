using DaskK8s.Testing;
using DaskK8s.Tests.Rigs;
using DaskK8s.Tests.Rigs.Cluster;

using k8s;
using k8s.Models;

namespace DaskK8s.Tests.Groups;

/// <summary>Connects to releases whose names, labels and tools are not those that the chart and Helm give.</summary>
public sealed class ReleaseVariantTests
{
    private static CancellationToken Token => ConnectRig.Token;

    [Fact]
    public async Task ConnectAsync_KustomizedNamesAndNoRecord_KnowsTheGroupsAllTheSame()
    {
        await using ConnectRig rig = await ConnectRig.StartAsync(new DaskRelease
        {
            HasRecord = false,
            FullnameOverride = "prod-eu",
            Workers = 2,
            Groups = [new DaskReleaseGroup { Name = "big" }, new DaskReleaseGroup { Name = "a" }],
            ObjectLabels = new Dictionary<string, string> { ["app"] = "research", ["app.kubernetes.io/managed-by"] = "kustomize" },
        });

        await using HelmCluster cluster = await rig.ConnectAsync();
        DiscoveryResult found = await HelmCluster.DiscoverAsync(rig.Options(), cancellationToken: Token);

        cluster.WorkerGroups.Select(static g => (g.Name, g.Desired)).Should().Equal(("worker", 2), ("a", 1), ("big", 1));
        (cluster.Release.ManagedBy, found.Releases.Single().ManagedBy).Should().Be(("kustomize", "kustomize"));
        cluster.Limitations.Single().Reason.Should().Contain("applied with kustomize");
    }

    [Theory]
    [InlineData("heritage", "Tiller")]
    [InlineData("heritage", "kustomize")]
    [InlineData("helm.toolkit.fluxcd.io/name", "dask")]
    [InlineData("argocd.argoproj.io/instance", "research")]
    public async Task DiscoverAsync_LabelsOfOthers_FindsTheRelease(string label, string value)
    {
        await using ConnectRig rig = await ConnectRig.StartAsync(new DaskRelease { HasRecord = false, ObjectLabels = new Dictionary<string, string> { [label] = value } });

        DiscoveryResult found = await HelmCluster.DiscoverAsync(rig.Options(), cancellationToken: Token);

        found.Releases.Should().ContainSingle().Which.WorkerGroups.Should().ContainSingle();
    }

    [Fact]
    public async Task ConnectAsync_TwoReleasesOfOneChartInANamespace_SeesItsOwnOnly()
    {
        await using ConnectRig rig = await ConnectRig.StartAsync(new DaskRelease { Name = "compute", Subchart = ["compute"], Workers = 2 });
        await new DaskRelease { Name = "compute-2", Subchart = ["compute"], Workers = 1, HasRecord = false, Groups = [new DaskReleaseGroup { Name = "gpu" }] }.InstallAsync(rig.Client, Token);

        await using HelmCluster cluster = await rig.ConnectAsync();
        await using HelmCluster second = await HelmCluster.ConnectAsync("compute-2", rig.Options(), Token);

        cluster.WorkerGroups.Should().ContainSingle().Which.Should().BeEquivalentTo(new { DeploymentName = "compute-worker", Declared = 2 });
        second.WorkerGroups.Select(static g => g.DeploymentName).Should().Equal("compute-2-worker", "compute-2-worker-gpu");
    }

    [Fact]
    public async Task ConnectAsync_AliasWithAVersionInIt_ReadsTheLabelsRight()
    {
        await using ConnectRig rig = await ConnectRig.StartAsync(new DaskRelease
        {
            Name = "platform",
            HasRecord = false,
            Subchart = ["dask-2"],
            ChartVersion = "2025.11.0-0.dev-3",
            Instances = [new DaskRelease { Subchart = ["dask-3-x"], ChartVersion = "4.5.6" }],
        });

        await using HelmCluster cluster = await rig.ConnectAsync(static o => o with { Instance = "dask-2" });

        cluster.Release.Instances.Should().Equal("dask-2", "dask-3-x");
        cluster.Release.ChartVersion.Should().Be("2025.11.0-0.dev-3");
    }

    [Fact]
    public async Task AdaptAsync_AliasWithCapitals_HoldsALeaseOfAValidName()
    {
        await using ConnectRig rig = await ConnectRig.StartAsync(new DaskRelease
        {
            Name = "platform",
            Subchart = ["daskGpu"],
            FullnameOverride = "platform-gpu",
            Instances = [new DaskRelease { Subchart = ["dask_cpu"], FullnameOverride = "platform-cpu" }],
        });
        await using HelmCluster cluster = await rig.ConnectAsync(static o => o with { Instance = "daskGpu" });
        AdaptiveOptions options = new() { Groups = new Dictionary<string, AdaptiveRange> { ["worker"] = new(0, 5) }, Interval = TimeSpan.FromMilliseconds(200) };

        await using AdaptiveScaling adaptive = await cluster.AdaptAsync(options, Token);
        await Poll.UntilAsync(() => adaptive.IsActive);

        (await rig.Client.CoordinationV1.ListNamespacedLeaseAsync("default", cancellationToken: Token)).Items.Should().ContainSingle()
            .Which.Metadata.Name.Should().Be("platform-daskgpu-daskk8s-adaptive");
    }

    [Theory]
    [InlineData("pending-install", HelmReleaseStatus.PendingInstall, false)]
    [InlineData("failed", HelmReleaseStatus.Failed, true)]
    [InlineData("pending-upgrade", HelmReleaseStatus.PendingUpgrade, true)]
    [InlineData("pending-rollback", HelmReleaseStatus.PendingRollback, true)]
    [InlineData("uninstalling", HelmReleaseStatus.Uninstalling, true)]
    public async Task DiscoverAsync_ReleaseThatIsNotDeployed_TellsItsStatusAndWhatHelmSays(string status, HelmReleaseStatus expected, bool hasObjects)
    {
        await using ConnectRig rig = await ConnectRig.StartAsync(new DaskRelease { Revision = 2, Status = status, HasObjects = hasObjects, Description = "Helm's own words" });

        DiscoveryResult found = await HelmCluster.DiscoverAsync(rig.Options(), cancellationToken: Token);

        found.Releases.Should().ContainSingle().Which.Should().BeEquivalentTo(new { Name = "my-dask", Status = expected, Description = "Helm's own words", Revision = 2 });
        found.Releases[0].WorkerGroups.Should().HaveCount(hasObjects ? 1 : 0);
    }

    [Theory]
    [InlineData("app.kubernetes.io/name", "dask-gateway", "*dask-gateway runs there*dask_gateway.Gateway*")]
    [InlineData("gateway.dask.org/instance", "hub", "*dask-gateway runs there*")]
    [InlineData("dask.org/cluster-name", "simple", "*operator*simple*DaskCluster*")]
    public async Task ConnectAsync_PodsOfOtherDask_AreToldByWhatManagesThemWhateverTheRights(string label, string value, string expected)
    {
        await using ConnectRig rig = await ConnectRig.StartAsync();
        V1Pod pod = new()
        {
            Metadata = new V1ObjectMeta { Name = "scheduler-0", Labels = new Dictionary<string, string> { [label] = value } },
            Spec = new V1PodSpec { Containers = [new V1Container { Name = "scheduler", Image = "daskdev/dask", Args = ["dask-scheduler"] }] },
        };
        await rig.Client.CoreV1.CreateNamespacedPodAsync(pod, "default", cancellationToken: Token);
        string reader = rig.KubeconfigFor("reader", FeatureCalls.Of("groups"));

        foreach (string kubeconfig in (string[])[rig.Cluster.KubeconfigPath, reader])
        {
            Func<Task> connect = () => HelmCluster.ConnectAsync("hub", rig.Options(o => o with { KubeconfigPath = kubeconfig }), Token);

            (await connect.Should().ThrowAsync<HelmReleaseNotFoundException>()).WithMessage(expected).Which.Releases.Should().Contain("my-dask");
        }
    }

    [Fact]
    public async Task ConnectAsync_DaskHub_NamesTheGatewayInIt()
    {
        const string manifest = """
            # Source: daskhub/charts/dask-gateway/templates/gateway/deployment.yaml
            apiVersion: apps/v1
            kind: Deployment
            metadata:
              name: api-hub-dask-gateway
              labels: {app.kubernetes.io/name: dask-gateway, helm.sh/chart: dask-gateway-2024.1.0}
            spec:
              template:
                spec:
                  containers: [{name: gateway, image: dask-gateway-server, args: [dask-gateway-server]}]
            """;
        await using ConnectRig rig = await ConnectRig.StartAsync();
        V1Secret record = new()
        {
            Metadata = new V1ObjectMeta
            {
                Name = Rigs.Helm.TestRecord.ObjectName,
                Labels = new Dictionary<string, string> { ["owner"] = "helm", ["name"] = "tea", ["status"] = "deployed", ["version"] = "1" },
            },
            Data = new Dictionary<string, byte[]>
            {
                ["release"] = Rigs.Helm.TestRecord.Base64(Rigs.Helm.TestRecord.Gzip(Rigs.Helm.TestRecord.Utf8(Rigs.Helm.TestRecord.Json(manifest, defaults: "{}", chart: "daskhub")))),
            },
        };
        await rig.Client.CoreV1.CreateNamespacedSecretAsync(record, "default", cancellationToken: Token);

        Func<Task> connect = () => HelmCluster.ConnectAsync("tea", rig.Options(), Token);

        (await connect.Should().ThrowAsync<HelmReleaseNotDaskException>()).WithMessage("*daskhub*dask-gateway*Gateway*");
    }

    [Fact]
    public async Task ConnectAsync_ChartsLabelsWithoutTheReleases_SaysWhatIsMissing()
    {
        await using ConnectRig rig = await ConnectRig.StartAsync();
        Dictionary<string, string> labels = new() { ["app"] = "dask", ["component"] = "worker" };
        await rig.Client.CoreV1.CreateNamespacedPodAsync(
            new V1Pod
            {
                Metadata = new V1ObjectMeta { Name = "mine-0", Labels = labels },
                Spec = new V1PodSpec { Containers = [new V1Container { Name = "worker", Image = "daskdev/dask", Args = ["dask-worker", "s:8786"] }] },
            },
            "default",
            cancellationToken: Token);

        Func<Task> connect = () => HelmCluster.ConnectAsync("mine", rig.Options(), Token);

        (await connect.Should().ThrowAsync<HelmReleaseNotFoundException>()).WithMessage("*label 'release'*release=NAME*");
    }

    [Fact]
    public async Task ConnectAsync_SchedulersNodeIsDead_NamesThePodAndItsNode()
    {
        await using ConnectRig rig = await ConnectRig.StartAsync();
        await Poll.UntilAsync(async () => await ReadySchedulersAsync(rig) == 1);

        using (rig.Cluster.Faults.AddPods(PodFault.NodeLost))
        {
            await Poll.UntilAsync(async () => await ReadySchedulersAsync(rig) == 0);
            (await rig.Invoking(static r => r.ConnectAsync()).Should().ThrowAsync<SchedulerUnreachableException>())
                .WithMessage("The scheduler's pod my-dask-scheduler-*: its node node1 does not answer. *");
        }

        await using HelmCluster cluster = await rig.ConnectAsync();
        cluster.SchedulerAddress.Should().NotBeNull();
    }

    private static async Task<int> ReadySchedulersAsync(ConnectRig rig) =>
        (await rig.Client.AppsV1.ReadNamespacedDeploymentAsync("my-dask-scheduler", "default", cancellationToken: Token)).Status?.ReadyReplicas ?? 0;
}
