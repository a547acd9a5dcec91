using DaskK8s.Dask.Tasks;
using DaskK8s.Helm.Chart;
using DaskK8s.Testing;
using DaskK8s.Tests.Rigs.Cluster;

using k8s;

namespace DaskK8s.Tests.Scaling;

public sealed class NextUpgradeTests
{
    private static CancellationToken Token => ConnectRig.Token;

    [Fact]
    public async Task WithLiveReplicas_AfterScalings_MakesAFileThatKeepsThem()
    {
        await using ConnectRig rig = await ConnectRig.StartAsync();
        await using HelmCluster cluster = await rig.ConnectAsync();
        await cluster.ScaleAsync(5, cancellationToken: Token);
        await cluster.ScaleAsync(4, "gpu", Token);
        await cluster.GetWorkerGroupsAsync(Token);

        HelmValues values = cluster.Release.Values
            .WithLiveReplicas(cluster)
            .WithWorkerGroup(new WorkerGroupValues { Name = "high-mem", Replicas = 1, DaskResources = { ["MEMORY"] = 6e9 } });

        values.Get<int>("worker.replicas").Should().Be(5);
        values.Get<int>("additional_worker_groups[0].replicas").Should().Be(4);
        values.Get<string>("additional_worker_groups[1].name").Should().Be("high-mem");
        HelmValues.FromYaml(values.ToYaml()).ToYaml().Should().Be(values.ToYaml());
        values.Validate().Should().BeEmpty();
        cluster.Release.Values.Get<int>("worker.replicas").Should().Be(2, "values never change");
        cluster.Release.GetUpgradeCommand().Should().Be("helm upgrade my-dask dask/dask --version 2025.11.0 --namespace default --values my-values.yaml");
        cluster.Release.GetUpgradeCommand("it's mine.yaml", kubeContext: cluster.Context, forceConflicts: true).Should().Be(
            $"helm upgrade my-dask dask/dask --version 2025.11.0 --namespace default --values \"it's mine.yaml\" --kube-context {cluster.Context} --force-conflicts");
    }

    [Fact]
    public async Task GetDriftAsync_ScaledGroup_TellsWhatTheNextUpgradeWouldDo()
    {
        await using ConnectRig rig = await ConnectRig.StartAsync();
        await using HelmCluster cluster = await rig.ConnectAsync();
        await cluster.ScaleAsync(4, "gpu", Token);

        IReadOnlyList<WorkerGroupDrift> drift = await cluster.GetDriftAsync(Token);
        IReadOnlyList<ScaleResult> restored = await cluster.RestoreDeclaredAsync(new ScaleOptions { ScaleDown = ScaleDown.Immediate }, Token);

        drift.Should().ContainSingle().Which.Should().BeEquivalentTo(new { WorkerGroup = "gpu", Live = 4, Deployed = 1, Declared = 1 });
        restored.Should().ContainSingle().Which.After.Should().Be(1);
        (await cluster.GetDriftAsync(Token)).Should().BeEmpty();
    }

    [Fact]
    public async Task GetDriftAsync_UpgradeSinceTheConnection_IsSeen()
    {
        await using ConnectRig rig = await ConnectRig.StartAsync();
        await using HelmCluster cluster = await rig.ConnectAsync();

        await (rig.Release with { Workers = 6 }).UpgradeAsync(rig.Client, Token);
        IReadOnlyList<WorkerGroupDrift> drift = await cluster.GetDriftAsync(Token);

        drift.Should().BeEmpty();
        cluster.Release.Revision.Should().Be(2);
        cluster.WorkerGroups[0].Declared.Should().Be(6);
    }

    [Fact]
    public async Task WorkerGroups_GroupThatDeclaresZero_ShowTheTrap()
    {
        await using ConnectRig rig = await ConnectRig.StartAsync(new DaskRelease { Workers = 3, Groups = [new DaskReleaseGroup { Name = "high-mem", Replicas = 0 }] });
        await using HelmCluster cluster = await rig.ConnectAsync();

        WorkerGroup group = cluster.WorkerGroups[1];
        IReadOnlyList<HelmValuesProblem> problems = cluster.Release.Values.Validate();

        (group.Declared, group.Deployed, group.Desired).Should().Be((0, 3, 3));
        problems.Should().ContainSingle().Which.Message.Should().Contain("takes 0 for a missing number").And.Contain("3");
    }

    [Fact]
    public async Task WithLiveReplicas_GroupScaledToZero_IsReportedAsTheTrap()
    {
        await using ConnectRig rig = await ConnectRig.StartAsync();
        await using HelmCluster cluster = await rig.ConnectAsync();
        await cluster.ScaleAsync(0, new ScaleOptions { ScaleDown = ScaleDown.Immediate }, "gpu", Token);
        await cluster.GetWorkerGroupsAsync(Token);

        HelmValues values = cluster.Release.Values.WithLiveReplicas(cluster);

        values.Validate().Should().ContainSingle().Which.Path.Should().Be("additional_worker_groups[0].replicas");
    }
}
