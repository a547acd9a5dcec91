using DaskK8s.Testing;
using DaskK8s.Tests.Rigs.Cluster;

using k8s;
using k8s.Models;

namespace DaskK8s.Tests.Groups;

public sealed class DiscoveryTests
{
    private const string User = "explorer";

    private static CancellationToken Token => ConnectRig.Token;

    [Fact]
    public async Task DiscoverAsync_OneNamespace_FindsItsReleasesOnlyAndDialsNobody()
    {
        await using ConnectRig rig = await StartAsync();
        rig.Cluster.ClearRequests();

        DiscoveryResult found = await HelmCluster.DiscoverAsync(rig.Options(o => o with { Namespace = "prod" }), cancellationToken: Token);

        found.Releases.Select(r => r.ClusterName).Should().Equal("my.dask.prod", "tea.prod");
        found.Releases[1].SchedulerServiceType.Should().Be("LoadBalancer");
        found.Releases[1].Chart.Should().Be("dask-2025.11.0");
        found.Releases[1].WorkerGroups.Select(g => (g.Name, g.Desired)).Should().Equal(("worker", 3), ("high-mem", 1));
        found.Limitations.Should().BeEmpty();
        rig.Cluster.Requests.Should().OnlyContain(r => r.Verb == "list");
    }

    [Fact]
    public async Task DiscoverAsync_AllNamespaces_FindsAll()
    {
        await using ConnectRig rig = await StartAsync();

        DiscoveryResult found = await HelmCluster.DiscoverAsync(rig.Options(), allNamespaces: true, Token);

        found.Releases.Select(r => r.ClusterName).Should().Equal("my-dask.default", "my.dask.prod", "tea.prod");
        found.Releases.Should().OnlyContain(r => r.Status == HelmReleaseStatus.Deployed && r.Revision == 1);
    }

    [Fact]
    public async Task DiscoverAsync_ClosedNamespace_DoesNotHideTheOthers()
    {
        await using ConnectRig rig = await StartAsync();
        string kubeconfig = rig.Cluster.CreateKubeconfigFor(User);
        rig.Cluster.Allow(User, null, ["list"], "namespaces");
        rig.Cluster.Allow(User, "default", ["list"], "deployments", "services", "secrets", "configmaps");

        DiscoveryResult found = await HelmCluster.DiscoverAsync(rig.Options(o => o with { KubeconfigPath = kubeconfig }), allNamespaces: true, Token);

        found.Releases.Should().ContainSingle().Which.ClusterName.Should().Be("my-dask.default");
        found.Limitations.Should().ContainSingle(l => l.Feature == "Namespace prod")
            .Which.MissingPermission.Should().Be(new KubernetesApiCall("list", "deployments", "apps", "prod"));
    }

    [Fact]
    public async Task DiscoverAsync_NamespacesMayNotBeListed_LooksAtItsOwnAndSaysSo()
    {
        await using ConnectRig rig = await StartAsync();
        string kubeconfig = rig.Cluster.CreateKubeconfigFor(User, inNamespace: "prod");
        rig.Cluster.Allow(User, "prod", ["list"], "deployments");

        DiscoveryResult found = await HelmCluster.DiscoverAsync(rig.Options(o => o with { KubeconfigPath = kubeconfig }), allNamespaces: true, Token);

        found.Releases.Select(r => r.Name).Should().Equal("my.dask", "tea");
        found.Limitations.Select(l => l.Feature).Should().Contain("Other namespaces");
    }

    [Fact]
    public async Task DiscoverAsync_LabelsOnly_TellsGroupsAndWhatItCouldNotRead()
    {
        await using ConnectRig rig = await StartAsync();
        string kubeconfig = rig.KubeconfigFor(User, new KubernetesApiCall("list", "deployments", "apps", "default"));

        DiscoveryResult found = await HelmCluster.DiscoverAsync(rig.Options(o => o with { KubeconfigPath = kubeconfig }), cancellationToken: Token);

        DiscoveredRelease release = found.Releases.Should().ContainSingle().Subject;
        (release.Name, release.Chart, release.Status, release.SchedulerServiceType).Should().Be(("my-dask", "dask-2025.11.0", null, null));
        release.WorkerGroups.Select(g => (g.Name, g.Desired)).Should().Equal(("worker", 2), ("gpu", 1));
        found.Limitations.Select(l => l.MissingPermission!.Resource).Should().BeEquivalentTo("services", "secrets", "configmaps");
    }

    [Fact]
    public async Task DiscoverAsync_NothingMayBeListed_Throws()
    {
        await using ConnectRig rig = await StartAsync();
        string kubeconfig = rig.Cluster.CreateKubeconfigFor(User);

        Func<Task> discover = () => HelmCluster.DiscoverAsync(rig.Options(o => o with { KubeconfigPath = kubeconfig }), cancellationToken: Token);

        (await discover.Should().ThrowAsync<KubernetesForbiddenException>()).Which.Call.Should().Be(new KubernetesApiCall("list", "deployments", "apps", "default"));
    }

    [Fact]
    public async Task DiscoverAsync_OtherChartsWithTheSameLabels_AreLeftOut()
    {
        await using ConnectRig rig = await StartAsync();
        Dictionary<string, string> labels = new() { ["app"] = "airflow", ["release"] = "flow", ["heritage"] = "Helm", ["component"] = "worker", ["chart"] = "airflow-1.0.0" };
        V1Deployment airflow = new()
        {
            Metadata = new V1ObjectMeta { Name = "flow-worker", Labels = labels },
            Spec = new V1DeploymentSpec
            {
                Selector = new V1LabelSelector { MatchLabels = labels },
                Template = new V1PodTemplateSpec
                {
                    Metadata = new V1ObjectMeta { Labels = labels },
                    Spec = new V1PodSpec { Containers = [new V1Container { Name = "worker", Image = "apache/airflow:2", Args = ["celery", "worker"] }] },
                },
            },
        };
        await rig.Client.AppsV1.CreateNamespacedDeploymentAsync(airflow, "default", cancellationToken: Token);

        DiscoveryResult found = await HelmCluster.DiscoverAsync(rig.Options(), cancellationToken: Token);

        found.Releases.Select(r => r.Name).Should().Equal("my-dask");
    }

    private static async Task<ConnectRig> StartAsync()
    {
        ConnectRig rig = await ConnectRig.StartAsync();
        await new DaskRelease { Name = "tea", Namespace = "prod", ServiceType = "LoadBalancer", Groups = [new DaskReleaseGroup { Name = "high-mem" }] }.InstallAsync(rig.Client, Token);
        await new DaskRelease { Name = "my.dask", Namespace = "prod", StorageDriver = HelmStorageDriver.ConfigMap }.InstallAsync(rig.Client, Token);
        return rig;
    }
}
