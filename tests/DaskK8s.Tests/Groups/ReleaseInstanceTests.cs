using DaskK8s.Testing;
using DaskK8s.Tests.Rigs;
using DaskK8s.Tests.Rigs.Cluster;

namespace DaskK8s.Tests.Groups;

/// <summary>Connects to one of several instances of the Dask chart in a release: nothing of another one may be seen.</summary>
public sealed class ReleaseInstanceTests
{
    private static readonly DaskRelease Twice = new()
    {
        Name = "platform",
        Subchart = ["dask-cpu"],
        Workers = 1,
        Instances = [new DaskRelease { Subchart = ["dask-gpu"], Workers = 2, Groups = [new DaskReleaseGroup { Name = "big" }] }],
    };

    private static CancellationToken Token => ConnectRig.Token;

    [Theory]
    [InlineData(null)]
    [InlineData("dask-tpu")]
    public async Task ConnectAsync_SeveralInstancesAndNoneChosen_NamesThem(string? asked)
    {
        await using ConnectRig rig = await ConnectRig.StartAsync(Twice);

        HelmReleaseInstanceException error = (await rig.Invoking(r => r.ConnectAsync(o => o with { Instance = asked })).Should().ThrowAsync<HelmReleaseInstanceException>()).Which;

        error.Instances.Should().Equal("dask-cpu", "dask-gpu");
        error.Message.Should().Contain("dask-cpu, dask-gpu").And.Contain("HelmClusterOptions.Instance");
    }

    [Theory]
    [InlineData("dask-cpu", true)]
    [InlineData("dask-gpu", true)]
    [InlineData("dask-cpu", false)]
    [InlineData("dask-gpu", false)]
    public async Task ConnectAsync_InstanceChosen_SeesItsOwnGroupsValuesLogsAndDriftOnly(string instance, bool hasRecord)
    {
        await using ConnectRig rig = await ConnectRig.StartAsync(Twice with { HasRecord = hasRecord });
        bool isGpu = instance == "dask-gpu";

        await using HelmCluster cluster = await rig.ConnectAsync(o => o with { Instance = instance });
        await cluster.ScaleAsync(4, cancellationToken: Token);
        await Poll.UntilAsync(async () => (await cluster.GetWorkerGroupsAsync(Token))[0].Ready == 4);

        string fullname = $"platform-{instance}";
        cluster.WorkerGroups.Select(static g => g.DeploymentName).Should().Equal(isGpu ? [$"{fullname}-worker", $"{fullname}-worker-big"] : [$"{fullname}-worker"]);
        cluster.Release.Instances.Should().Equal("dask-cpu", "dask-gpu");
        cluster.Name.Should().Be($"platform/{instance}.default");
        (await cluster.GetLogsAsync(null, Token)).Keys.Should().OnlyContain(pod => pod.StartsWith($"{fullname}-")).And.HaveCount(isGpu ? 6 : 5);
        if (hasRecord)
        {
            (await cluster.GetDriftAsync(Token)).Should().ContainSingle().Which.Should().BeEquivalentTo(new { Live = 4, Declared = isGpu ? 2 : 1 });
            cluster.Release.Values.WithLiveReplicas(cluster).UserSupplied.Get<int>($"{instance}.worker.replicas").Should().Be(4);
        }
    }

    [Fact]
    public async Task FromNameAsync_NameOfAnInstance_ConnectsToIt()
    {
        await using ConnectRig rig = await ConnectRig.StartAsync(Twice);
        DiscoveryResult found = await HelmCluster.DiscoverAsync(rig.Options(), cancellationToken: Token);

        await using HelmCluster cluster = await HelmCluster.FromNameAsync(found.Releases[1].ClusterName, rig.Options(), Token);

        found.Releases.Select(static r => (r.Name, r.Instance, r.WorkerGroups.Count)).Should().Equal(("platform", "dask-cpu", 1), ("platform", "dask-gpu", 2));
        cluster.Release.Instance.Should().Be("dask-gpu");
    }

    [Fact]
    public async Task ConnectAsync_InstancesAtDifferentDepths_AreChosenByTheEndOfTheirPath()
    {
        DaskRelease release = new()
        {
            Name = "platform",
            Subchart = ["team", "analytics", "compute"],
            Workers = 1,
            Instances = [new DaskRelease { Subchart = ["dask"], Workers = 0 }],
        };
        await using ConnectRig rig = await ConnectRig.StartAsync(release);

        await using HelmCluster deep = await rig.ConnectAsync(static o => o with { Instance = "compute" });
        await using HelmCluster empty = await rig.ConnectAsync(static o => o with { Instance = "dask" });

        (deep.Release.Instance, deep.WorkerGroups.Single().Declared).Should().Be(("team.analytics.compute", 1));
        empty.WorkerGroups.Should().ContainSingle().Which.Should().BeEquivalentTo(new { Desired = 0, Declared = 0 });
    }

    [Fact]
    public async Task ConnectAsync_OneInstanceAndItsNameIsGiven_Connects()
    {
        await using ConnectRig rig = await ConnectRig.StartAsync();

        await using HelmCluster cluster = await rig.ConnectAsync(static o => o with { Instance = "dask" });

        (cluster.Name, cluster.Release.Instance).Should().Be(("my-dask.default", "dask"));
    }
}
