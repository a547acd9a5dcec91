using DaskK8s.Helm.Chart;
using DaskK8s.IntegrationTests.Rigs;

using k8s;
using k8s.Models;

namespace DaskK8s.IntegrationTests;

public sealed class ConnectContract(TestCluster kubernetes)
{
    [Fact]
    public async Task ConnectAsync_Release_KnowsChartGroupsAndWorkers()
    {
        await using TestRelease release = await TestRelease.InstallAsync(kubernetes);

        await using HelmCluster cluster = await release.ConnectAsync();

        cluster.Name.Should().Be($"my-dask.{release.Namespace}");
        cluster.Release.ChartName.Should().Be("dask");
        cluster.Release.Status.Should().Be(HelmReleaseStatus.Deployed);
        cluster.WorkerGroups.Select(g => (g.Name, g.Declared, g.Desired)).Should().Equal(("worker", 3, 3), ("gpu-workers", 1, 1), ("high-mem", 1, 1));
        cluster.WorkerGroups[1].DaskResources.Should().Contain("GPU", 1);
        cluster.WorkerGroups[1].GpuCount.Should().Be(1);
        cluster.Limitations.Should().BeEmpty();
        cluster.ToString().Should().MatchRegex($@"^HelmCluster\(my-dask\.{release.Namespace}, 'tcp://127\.0\.0\.1:\d+', workers=5, threads=5, memory=.+\)$");
    }

    [Fact]
    public async Task GetSchedulerInfoAsync_WorkersOfThreeGroups_AreMappedByTheirPodsOwners()
    {
        await using TestRelease release = await TestRelease.InstallAsync(kubernetes);
        await using HelmCluster cluster = await release.ConnectAsync();

        SchedulerInfo info = await cluster.GetSchedulerInfoAsync(TestContext.Current.CancellationToken);

        info.Workers.GroupBy(w => w.Group).ToDictionary(g => g.Key ?? "", g => g.Count())
            .Should().BeEquivalentTo(new Dictionary<string, int> { ["worker"] = 3, ["gpu-workers"] = 1, ["high-mem"] = 1 });
        info.Version.Should().MatchRegex(@"^20\d\d\.");
        info.Workers.Single(w => w.Group == "gpu-workers").Resources.Should().Contain("GPU", 1);
    }

    [Fact]
    public async Task ConnectAsync_NoSuchRelease_ListsThoseThatThereAre()
    {
        await using TestRelease release = await TestRelease.InstallAsync(kubernetes);

        Func<Task> connect = () => HelmCluster.ConnectAsync("your-dask", release.Options(), TestContext.Current.CancellationToken);

        (await connect.Should().ThrowAsync<HelmReleaseNotFoundException>()).Which.Releases.Should().Equal("my-dask");
    }

    [Fact]
    public async Task Dashboard_ThroughTheForward_AnswersHealthAndCounts()
    {
        await using TestRelease release = await TestRelease.InstallAsync(kubernetes);
        await using HelmCluster cluster = await release.ConnectAsync();
        using HttpClient http = new() { BaseAddress = new Uri(cluster.DashboardLink!) };

        string health = await http.GetStringAsync(new Uri("/health", UriKind.Relative), TestContext.Current.CancellationToken);
        string counts = await http.GetStringAsync(new Uri("/json/counts.json", UriKind.Relative), TestContext.Current.CancellationToken);

        health.Should().Be("ok");
        counts.Should().MatchRegex("\"workers\": *5");
    }

    [Fact]
    public async Task ConnectAsync_TwoClusters_BothGetLocalPorts()
    {
        await using TestRelease release = await TestRelease.InstallAsync(kubernetes);
        await using HelmCluster first = await release.ConnectAsync();
        await using HelmCluster second = await release.ConnectAsync();

        first.SchedulerAddress.Should().NotBe(second.SchedulerAddress);
        (await second.GetSchedulerInfoAsync(TestContext.Current.CancellationToken)).Workers.Should().HaveCount(5);
    }

    [Fact]
    public async Task ConnectAsync_RecordInAConfigMap_IsRead()
    {
        await using TestRelease release = await TestRelease.InstallAsync(
            kubernetes, r => r with { StorageDriver = Testing.HelmStorageDriver.ConfigMap });

        await using HelmCluster cluster = await release.ConnectAsync(wait: false);

        cluster.Release.Source.Should().Be(HelmReleaseSource.ConfigMap);
    }

    [Fact]
    public async Task DiscoverAsync_AllNamespaces_FindsTheRelease()
    {
        await using TestRelease release = await TestRelease.InstallAsync(kubernetes);
        await using HelmCluster cluster = await release.ConnectAsync();

        DiscoveryResult found = await HelmCluster.DiscoverAsync(release.Options(), allNamespaces: true, TestContext.Current.CancellationToken);

        DiscoveredRelease it = found.Releases.Single(r => r.Namespace == release.Namespace);
        it.ClusterName.Should().Be(cluster.Name);
        it.SchedulerServiceType.Should().Be("ClusterIP");
        it.Status.Should().Be(HelmReleaseStatus.Deployed);
        it.WorkerGroups.Select(g => (g.Name, g.Desired)).Should().Equal(("worker", 3), ("gpu-workers", 1), ("high-mem", 1));
    }

    [Fact]
    public async Task GetVersionsAsync_OneImage_HasNoMismatch()
    {
        await using TestRelease release = await TestRelease.InstallAsync(kubernetes);
        await using HelmCluster cluster = await release.ConnectAsync();

        ClusterVersions versions = await cluster.GetVersionsAsync(TestContext.Current.CancellationToken);

        versions.Workers.Should().HaveCount(5);
        versions.Scheduler.Packages["distributed"].Should().NotBeNullOrEmpty();
        versions.Workers.Values.Should().OnlyContain(w => w.Group != null && w.Image == kubernetes.Image);
        versions.Mismatches.Should().BeEmpty();
    }
}
