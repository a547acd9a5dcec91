using DaskK8s.Testing;
using DaskK8s.Tests.Rigs;
using DaskK8s.Tests.Rigs.Cluster;

using k8s;
using k8s.Models;

namespace DaskK8s.Tests.Groups;

/// <summary>Connects to releases in the shapes that people really have: without a record, with one elsewhere, below other charts, failed, gone.</summary>
public sealed class ReleaseShapeTests
{
    private static CancellationToken Token => ConnectRig.Token;

    [Theory]
    [InlineData(null, null, false, "*helm template*Argo CD*HELM_DRIVER=sql*", null)]
    [InlineData("argocd.argoproj.io/tracking-id", "research:apps/Deployment:default/x", false, "*Argo CD (application research)*", "Argo CD (application research)")]
    [InlineData(null, null, true, "*SQL database (HELM_DRIVER=sql)*", "Helm")]
    public async Task ConnectAsync_NoRecord_ConnectsByLabelsAndSaysWhatIsUnknownAndWhy(string? annotation, string? value, bool hasMarks, string reason, string? managedBy)
    {
        await using ConnectRig rig = await ConnectRig.StartAsync(new DaskRelease
        {
            Workers = 2,
            Groups = [new DaskReleaseGroup { Name = "gpu" }],
            HasRecord = false,
            HasHelmMarks = hasMarks,
            ObjectAnnotations = annotation is null ? new Dictionary<string, string>() : new Dictionary<string, string> { [annotation] = value! },
        });

        await using HelmCluster cluster = await rig.ConnectAsync();
        await cluster.ScaleAsync(4, "gpu", Token);

        cluster.WorkerGroups.Select(static g => (g.Name, g.Desired, g.Declared)).Should().Equal(("worker", 2, null), ("gpu", 1, null));
        cluster.Limitations.Should().ContainSingle().Which.Reason.Should().Match(annotation is null && !hasMarks ? "*Argo CD*helm template*HELM_DRIVER=sql*" : reason);
        (cluster.Release.IsPartial, cluster.Release.ManagedBy).Should().Be((true, managedBy));
        (await cluster.Invoking(static c => c.GetDriftAsync(Token)).Should().ThrowAsync<HelmReleaseException>()).WithMessage("*no record*");
        if (!hasMarks)
        {
            cluster.Release.Invoking(static r => r.GetUpgradeCommand()).Should().Throw<HelmReleaseManagedException>().Which.ManagedBy.Should().Be(managedBy);
        }
    }

    [Fact]
    public async Task ConnectAsync_NoRecordAndNoRights_ConnectsAlike()
    {
        await using ConnectRig rig = await ConnectRig.StartAsync(new DaskRelease { Workers = 2, HasRecord = false });
        string reader = rig.KubeconfigFor("reader", FeatureCalls.Of("groups", "forward"));

        await using HelmCluster admin = await rig.ConnectAsync();
        await using HelmCluster user = await rig.ConnectAsync(o => o with { KubeconfigPath = reader });

        admin.WorkerGroups.Select(static g => (g.Name, g.Desired)).Should().Equal(user.WorkerGroups.Select(static g => (g.Name, g.Desired)));
        user.Limitations.Should().ContainSingle().Which.MissingPermission!.Resource.Should().Be("secrets");
    }

    [Theory]
    [InlineData("dask", false)]
    [InlineData("flux-system", false)]
    [InlineData("dask", true)]
    public async Task ConnectAsync_RecordInAnotherNamespace_EitherNamespaceFindsObjectsAndValues(string @namespace, bool isFlux)
    {
        DaskRelease release = Flux(isFlux);
        await using ConnectRig rig = await ConnectRig.StartAsync(release);

        await using HelmCluster cluster = await rig.ConnectAsync(o => o with { Namespace = @namespace });
        await cluster.ScaleAsync(3, "gpu", Token);

        (cluster.Namespace, cluster.Release.RecordNamespace).Should().Be(("dask", "flux-system"));
        cluster.WorkerGroups.Select(static g => (g.Name, g.Desired, g.Declared)).Should().Equal(("worker", 2, 2), ("gpu", 1, 1));
        (await rig.Client.AppsV1.ReadNamespacedDeploymentAsync(release.GroupName("gpu"), "dask", cancellationToken: Token)).Spec.Replicas.Should().Be(3);
        (await cluster.GetDriftAsync(Token)).Should().ContainSingle().Which.Live.Should().Be(3);
        cluster.Limitations.Should().BeEmpty();
        if (isFlux)
        {
            cluster.Release.ManagedBy.Should().Be("Flux (HelmRelease flux-system/my-dask)");
            cluster.Release.Invoking(static r => r.GetUpgradeCommand()).Should().Throw<HelmReleaseManagedException>().WithMessage("*Flux*");
        }
    }

    [Fact]
    public async Task ConnectAsync_RecordElsewhereMayNotBeRead_SaysWhereItIs()
    {
        await using ConnectRig rig = await ConnectRig.StartAsync(Flux(isFlux: true));
        string path = rig.Cluster.CreateKubeconfigFor("reader", inNamespace: "dask");
        foreach (KubernetesApiCall call in FeatureCalls.Of("groups", "forward"))
        {
            rig.Cluster.Allow("reader", "dask", [call.Verb], call.Resource);
        }

        await using HelmCluster cluster = await rig.ConnectAsync(o => o with { KubeconfigPath = path });

        cluster.WorkerGroups.Should().HaveCount(2);
        cluster.Limitations.Should().ContainSingle().Which.Reason.Should().Contain("flux-system");
    }

    [Theory]
    [InlineData("compute", "4.5.6")]
    [InlineData("dask", "2025.11.0")]
    [InlineData("team/analytics/compute", "2025.11.0")]
    [InlineData("team/my.alias", "4.5.6")]
    public async Task ConnectAsync_BelowAnUmbrella_ReadsAndWritesTheValuesAtItsPlace(string path, string version)
    {
        string[] charts = path.Split('/');
        await using ConnectRig rig = await ConnectRig.StartAsync(new DaskRelease { Name = "platform", Subchart = charts, ChartVersion = version, Workers = 2 });

        await using HelmCluster cluster = await rig.ConnectAsync();
        HelmValues next = cluster.Release.Values.WithWorkerGroup(new WorkerGroupValues { Name = "worker", Replicas = 4 });

        cluster.WorkerGroups.Should().ContainSingle().Which.Declared.Should().Be(2);
        (cluster.Release.Instance, cluster.Release.ChartName).Should().Be((string.Join('.', charts), "platform"));
        string place = string.Join('.', charts.Select(static c => c.Replace(".", "\\.", StringComparison.Ordinal)));
        next.UserSupplied.Get<int>($"{place}.worker.replicas").Should().Be(4);
        next.UserSupplied.TryGet<object>("worker", out _).Should().BeFalse("nothing reads the top");
    }

    [Fact]
    public async Task Validate_OldChart_SaysThatItHasNoAdditionalGroups()
    {
        await using ConnectRig rig = await ConnectRig.StartAsync(new DaskRelease { Name = "platform", Subchart = ["compute"], ChartVersion = "4.5.6", WorkerComponent = "crew", Workers = 2 });

        await using HelmCluster cluster = await rig.ConnectAsync();
        HelmValues next = cluster.Release.Values.WithWorkerGroup(new WorkerGroupValues { Name = "gpu", Replicas = 1 });

        cluster.WorkerGroups.Should().ContainSingle().Which.Should().BeEquivalentTo(new { Name = "crew", Desired = 2, Declared = 2 });
        next.Validate().Should().ContainSingle(static p => p.IsError).Which.Should().BeEquivalentTo(new { Path = "compute.additional_worker_groups" });
        cluster.Release.Values.Validate().Should().BeEmpty();
    }

    [Fact]
    public async Task ConnectAsync_FailedInstall_SaysAtOnceWhatIsMissingAndWhy()
    {
        const string why = "Release \"my-dask\" failed: admission webhook \"quota\" denied the request";
        await using ConnectRig rig = await ConnectRig.StartAsync(new DaskRelease { Status = "failed", HasObjects = false, Description = why });

        HelmReleaseObjectsMissingException error = (await rig.Invoking(static r => r.ConnectAsync()).Should().ThrowAsync<HelmReleaseObjectsMissingException>()).Which;
        DiscoveryResult found = await HelmCluster.DiscoverAsync(rig.Options(), cancellationToken: Token);

        error.Deployments.Should().Contain("my-dask-scheduler");
        error.Message.Should().Contain(why).And.Contain("my-dask-worker");
        found.Releases.Should().ContainSingle().Which.Should().BeEquivalentTo(new { ClusterName = "my-dask.default", Status = HelmReleaseStatus.Failed, Description = why });
    }

    [Fact]
    public async Task ConnectAsync_OneDeploymentIsMissing_LeavesTheGroupOutAndNamesIt()
    {
        await using ConnectRig rig = await ConnectRig.StartAsync();
        await rig.Client.AppsV1.DeleteNamespacedDeploymentAsync("my-dask-worker-gpu", "default", cancellationToken: Token);

        await using HelmCluster cluster = await rig.ConnectAsync();

        cluster.WorkerGroups.Select(static g => g.Name).Should().Equal("worker");
        cluster.Limitations.Should().ContainSingle().Which.ToString().Should().Match("Worker group gpu*my-dask-worker-gpu does not exist in namespace default*");
        (await cluster.Invoking(static c => c.ScaleAsync(1, "gpu", Token)).Should().ThrowAsync<KubernetesNotFoundException>()).WithMessage("*my-dask-worker-gpu*");
    }

    [Fact]
    public async Task ConnectAsync_SchedulerScaledToZero_SaysSoAtOnce()
    {
        await using ConnectRig rig = await ConnectRig.StartAsync();
        await ScaleSchedulerToZeroAsync(rig);

        (await rig.Invoking(static r => r.ConnectAsync()).Should().ThrowAsync<SchedulerUnreachableException>()).WithMessage("*my-dask*scaled to zero*my-dask-scheduler*");
    }

    [Theory]
    [InlineData(true, "*my-dask*uninstalled*")]
    [InlineData(false, "*scaled to zero*my-dask-scheduler*")]
    public async Task GetSchedulerInfoAsync_GoneWhileConnected_SaysWhatHappened(bool isUninstalled, string expected)
    {
        await using ConnectRig rig = await ConnectRig.StartAsync();
        await using HelmCluster cluster = await rig.ConnectAsync();
        await (isUninstalled ? rig.Release.UninstallAsync(rig.Client, Token) : ScaleSchedulerToZeroAsync(rig));
        await Poll.UntilAsync(async () => !(await rig.Client.CoreV1.ListNamespacedPodAsync("default", labelSelector: "component=scheduler", cancellationToken: Token)).Items.Any());
        rig.Cluster.Faults.CutPortForwards();

        (await cluster.Invoking(static c => c.GetSchedulerInfoAsync(Token)).Should().ThrowAsync<SchedulerUnreachableException>()).WithMessage(expected);
        if (isUninstalled)
        {
            (await cluster.Invoking(static c => c.GetWorkerGroupsAsync(Token)).Should().ThrowAsync<HelmReleaseObjectsMissingException>()).WithMessage("*uninstalled*my-dask-scheduler*");
            (await cluster.Invoking(static c => c.ScaleAsync(4, cancellationToken: Token)).Should().ThrowAsync<HelmReleaseObjectsMissingException>()).WithMessage("*uninstalled*");
            (await cluster.Invoking(static c => c.ScaleAsync(0, cancellationToken: Token)).Should().ThrowAsync<HelmReleaseObjectsMissingException>()).WithMessage("*uninstalled*");
            (await cluster.Invoking(static c => c.GetLogsAsync(null, Token)).Should().ThrowAsync<HelmReleaseObjectsMissingException>()).WithMessage("*uninstalled*");
        }
    }

    [Theory]
    [InlineData(SchedulerAccess.Auto)]
    [InlineData(SchedulerAccess.Forward)]
    public async Task ConnectAsync_SchedulerElsewhereIsNotReached_NamesTheOption(SchedulerAccess access)
    {
        await using ConnectRig rig = await ConnectRig.StartAsync(new DaskRelease { SchedulerEnabled = false, CustomSchedulerUrl = "tcp://my-dask-scheduler.nowhere.daskk8s.invalid:8786" });

        Func<Task> connect = () => rig.ConnectAsync(o => o with { SchedulerAccess = access });

        (await connect.Should().ThrowAsync<SchedulerUnreachableException>()).WithMessage("*no scheduler of its own*my-dask-scheduler.nowhere*SchedulerAddress*");
    }

    [Fact]
    public async Task GetSchedulerInfoAsync_SchedulerLeftAlone_SaysThatTheOptionsSaySo()
    {
        await using ConnectRig rig = await ConnectRig.StartAsync();
        await using HelmCluster cluster = await rig.ConnectAsync(static o => o with { SchedulerAccess = SchedulerAccess.None });

        (await cluster.Invoking(static c => c.GetSchedulerInfoAsync(Token)).Should().ThrowAsync<SchedulerUnreachableException>()).WithMessage("*SchedulerAccess is None*");
    }

    [Fact]
    public async Task ConnectAsync_ClusterOfTheOperator_IsToldApartFromNoDask()
    {
        await using ConnectRig rig = await ConnectRig.StartAsync();
        Dictionary<string, string> labels = new() { ["dask.org/cluster-name"] = "simple", ["dask.org/component"] = "scheduler" };
        await rig.Client.AppsV1.CreateNamespacedDeploymentAsync(
            new V1Deployment
            {
                Metadata = new V1ObjectMeta { Name = "simple-scheduler", Labels = labels },
                Spec = new V1DeploymentSpec
                {
                    Selector = new V1LabelSelector { MatchLabels = labels },
                    Template = new V1PodTemplateSpec
                    {
                        Metadata = new V1ObjectMeta { Labels = labels },
                        Spec = new V1PodSpec { Containers = [new V1Container { Name = "scheduler", Image = "daskdev/dask", Args = ["dask-scheduler"] }] },
                    },
                },
            },
            "default",
            cancellationToken: Token);

        Func<Task> connect = () => HelmCluster.ConnectAsync("simple", rig.Options(), Token);
        DiscoveryResult found = await HelmCluster.DiscoverAsync(rig.Options(), cancellationToken: Token);

        (await connect.Should().ThrowAsync<HelmReleaseNotFoundException>()).WithMessage("*operator*simple*DaskCluster*");
        found.Releases.Select(static r => r.Name).Should().Equal("my-dask");
        found.Limitations.Should().ContainSingle().Which.Reason.Should().Contain("operator").And.Contain("simple");
    }

    [Fact]
    public async Task StreamLogsAsync_UninstalledWhileItFollows_EndsWithThatReason()
    {
        await using ConnectRig rig = await ConnectRig.StartAsync();
        await using HelmCluster cluster = await rig.ConnectAsync(static o => o with { SchedulerAccess = SchedulerAccess.None });
        await Poll.UntilAsync(async () => (await cluster.GetWorkerGroupsAsync(Token)).Sum(static g => g.Ready) == 3);
        rig.Cluster.ClearRequests();
        Task reading = Task.Run(
            async () =>
            {
                await foreach (PodLogLine line in cluster.StreamLogsAsync(new PodLogFilter { Follow = true }, Token))
                {
                    line.Should().NotBeNull();
                }
            },
            Token);
        await Poll.UntilAsync(() => rig.Cluster.Requests.Count(static r => r.Resource == "pods/log") >= 4);

        await rig.Release.UninstallAsync(rig.Client, Token);

        (await reading.Invoking(static r => r).Should().ThrowAsync<HelmReleaseObjectsMissingException>()).WithMessage("*my-dask*uninstalled*");
    }

    private static DaskRelease Flux(bool isFlux) => new()
    {
        Namespace = "dask",
        RecordNamespace = "flux-system",
        Workers = 2,
        Groups = [new DaskReleaseGroup { Name = "gpu" }],
        ObjectLabels = isFlux
            ? new Dictionary<string, string> { ["helm.toolkit.fluxcd.io/name"] = "my-dask", ["helm.toolkit.fluxcd.io/namespace"] = "flux-system" }
            : new Dictionary<string, string>(),
    };

    private static async Task ScaleSchedulerToZeroAsync(ConnectRig rig) => await rig.Client.AppsV1.PatchNamespacedDeploymentAsync(
        new V1Patch("""{"spec":{"replicas":0}}""", V1Patch.PatchType.MergePatch), "my-dask-scheduler", "default", cancellationToken: Token);
}
