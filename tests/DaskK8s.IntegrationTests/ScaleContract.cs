using DaskK8s.IntegrationTests.Rigs;

using k8s;
using k8s.Models;

namespace DaskK8s.IntegrationTests;

public sealed class ScaleContract(TestCluster kubernetes)
{
    [Fact]
    public async Task ScaleAsync_EachGroupUp_AddsWorkersToThatGroupOnly()
    {
        await using TestRelease release = await TestRelease.InstallAsync(kubernetes);
        await using HelmCluster cluster = await release.ConnectAsync();

        await cluster.ScaleAsync(4, cancellationToken: TestContext.Current.CancellationToken);
        await cluster.ScaleAsync(2, "gpu-workers", TestContext.Current.CancellationToken);
        await cluster.WaitForWorkersAsync(cancellationToken: TestContext.Current.CancellationToken);

        (await CountsAsync(cluster)).Should().BeEquivalentTo(new Dictionary<string, int> { ["worker"] = 4, ["gpu-workers"] = 2, ["high-mem"] = 1 });
        cluster.ToString().Should().Contain("workers=7, threads=7");
    }

    [Fact]
    public async Task ScaleAsync_ImmediateDown_TakesWorkersFromThatGroupOnly()
    {
        await using TestRelease release = await TestRelease.InstallAsync(kubernetes);
        await using HelmCluster cluster = await release.ConnectAsync();
        ScaleOptions immediate = new() { ScaleDown = ScaleDown.Immediate };

        await cluster.ScaleAsync(1, immediate, cancellationToken: TestContext.Current.CancellationToken);
        await cluster.ScaleAsync(0, immediate, "gpu-workers", TestContext.Current.CancellationToken);
        await cluster.WaitForWorkersAsync(cancellationToken: TestContext.Current.CancellationToken);

        (await CountsAsync(cluster)).Should().BeEquivalentTo(new Dictionary<string, int> { ["worker"] = 1, ["high-mem"] = 1 });
    }

    [Fact]
    public async Task ScaleAsync_DeploymentAppliedByHelm4_DoesNotConflictAtTheNextApply()
    {
        await using TestRelease release = await TestRelease.InstallAsync(kubernetes);
        await using HelmCluster cluster = await release.ConnectAsync();
        await ApplyAsHelmAsync(release, 3, force: true);

        await cluster.ScaleAsync(4, cancellationToken: TestContext.Current.CancellationToken);
        await ApplyAsHelmAsync(release, 3);

        (await ReadAsync(release)).Spec.Replicas.Should().Be(3);
    }

    [Fact]
    public async Task ScaleAsync_FieldKept_ConflictsAtTheNextApply()
    {
        await using TestRelease release = await TestRelease.InstallAsync(kubernetes);
        await using HelmCluster cluster = await release.ConnectAsync();
        await ApplyAsHelmAsync(release, 3, force: true);

        await cluster.ScaleAsync(4, new ScaleOptions { GiveBackField = false }, cancellationToken: TestContext.Current.CancellationToken);
        Func<Task> apply = () => ApplyAsHelmAsync(release, 3);

        (await apply.Should().ThrowAsync<k8s.Autorest.HttpOperationException>()).Which.Response.StatusCode.Should().Be(System.Net.HttpStatusCode.Conflict);
    }

    [Fact]
    public async Task ScaleAsync_UnknownGroup_ThrowsListingKnownGroups()
    {
        await using TestRelease release = await TestRelease.InstallAsync(kubernetes);
        await using HelmCluster cluster = await release.ConnectAsync(wait: false);

        Func<Task> scale = () => cluster.ScaleAsync(2, "gpus", TestContext.Current.CancellationToken);

        (await scale.Should().ThrowAsync<WorkerGroupNotFoundException>()).Which.KnownGroups.Should().Equal("worker", "gpu-workers", "high-mem");
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(1_000_000)]
    public async Task ScaleAsync_AbsurdNumber_ThrowsBeforeAnythingIsSent(int replicas)
    {
        await using TestRelease release = await TestRelease.InstallAsync(kubernetes);
        await using HelmCluster cluster = await release.ConnectAsync(wait: false);

        Func<Task> scale = () => cluster.ScaleAsync(replicas, cancellationToken: TestContext.Current.CancellationToken);

        await scale.Should().ThrowAsync<ArgumentOutOfRangeException>();
        (await cluster.GetWorkerGroupsAsync(TestContext.Current.CancellationToken))[0].Desired.Should().Be(3);
    }

    [Fact]
    public async Task ScaleAsync_DeploymentGone_ThrowsNotFoundThatNamesIt()
    {
        await using TestRelease release = await TestRelease.InstallAsync(kubernetes);
        await using HelmCluster cluster = await release.ConnectAsync(wait: false);
        await kubernetes.Client.AppsV1.DeleteNamespacedDeploymentAsync(
            "my-dask-worker-high-mem", release.Namespace, cancellationToken: TestContext.Current.CancellationToken);

        Func<Task> scale = () => cluster.ScaleAsync(2, "high-mem", TestContext.Current.CancellationToken);

        (await scale.Should().ThrowAsync<KubernetesNotFoundException>()).Which.Call.Name.Should().Be("my-dask-worker-high-mem");
    }

    private Task<V1Deployment> ReadAsync(TestRelease release) => kubernetes.Client.AppsV1.ReadNamespacedDeploymentAsync(
        "my-dask-worker", release.Namespace, cancellationToken: TestContext.Current.CancellationToken);

    /// <summary>Applies the default workers' Deployment on the server's side, as Helm 4 does in an upgrade.</summary>
    private async Task ApplyAsHelmAsync(TestRelease release, int replicas, bool force = false)
    {
        V1Deployment live = await ReadAsync(release);
        V1Container worker = live.Spec.Template.Spec.Containers[0];
        V1Deployment desired = new()
        {
            ApiVersion = "apps/v1",
            Kind = "Deployment",
            Metadata = new V1ObjectMeta { Name = live.Metadata.Name, Labels = live.Metadata.Labels },
            Spec = new V1DeploymentSpec
            {
                Replicas = replicas,
                Selector = live.Spec.Selector,
                Template = new V1PodTemplateSpec
                {
                    Metadata = new V1ObjectMeta { Labels = live.Spec.Template.Metadata.Labels },
                    Spec = new V1PodSpec { Containers = [new V1Container { Name = worker.Name, Image = worker.Image, Args = worker.Args }] },
                },
            },
        };
        await kubernetes.Client.AppsV1.PatchNamespacedDeploymentAsync(
            new V1Patch(desired, V1Patch.PatchType.ApplyPatch), live.Metadata.Name, release.Namespace, fieldManager: "helm", force: force,
            cancellationToken: TestContext.Current.CancellationToken);
    }

    private static async Task<Dictionary<string, int>> CountsAsync(HelmCluster cluster)
    {
        SchedulerInfo info = await cluster.GetSchedulerInfoAsync(TestContext.Current.CancellationToken);
        return info.Workers.GroupBy(w => w.Group ?? "").ToDictionary(g => g.Key, g => g.Count());
    }
}
