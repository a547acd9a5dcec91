using DaskK8s.IntegrationTests.Rigs;

using k8s;
using k8s.Models;

namespace DaskK8s.IntegrationTests;

public sealed class PermissionContract(TestCluster kubernetes)
{
    /// <summary>The Role that the chart itself brings for Jupyter, and nothing beyond it.</summary>
    private static readonly V1PolicyRule[] DaskJupyter =
    [
        new() { ApiGroups = ["apps"], Resources = ["deployments"], Verbs = ["get", "list", "watch", "update", "patch"] },
        new() { ApiGroups = [""], Resources = ["pods"], Verbs = ["get", "list", "watch"] },
        new() { ApiGroups = [""], Resources = ["pods/log"], Verbs = ["get", "list"] },
    ];

    [Fact]
    public async Task ConnectAsync_OnlyTheChartsOwnRole_ScalesWaitsReadsLogsAndSaysWhatIsMissing()
    {
        await using TestRelease release = await TestRelease.InstallAsync(kubernetes);
        await using (HelmCluster everything = await release.ConnectAsync())
        {
            // From here on every pod of the release runs.
        }

        string kubeconfig = await kubernetes.CreateKubeconfigAsync(release.Namespace, "jupyter", DaskJupyter, TestContext.Current.CancellationToken);
        await using HelmCluster cluster = await release.ConnectAsync(o => o with { KubeconfigPath = kubeconfig }, wait: false);

        cluster.Release.IsPartial.Should().BeTrue();
        cluster.Release.ChartName.Should().Be("dask");
        cluster.WorkerGroups.Select(g => g.Name).Should().Equal("worker", "gpu-workers", "high-mem");
        cluster.Limitations.Select(l => l.MissingPermission?.Resource).Should().Contain(["secrets", "pods/portforward"]);

        await cluster.ScaleAsync(2, "gpu-workers", TestContext.Current.CancellationToken);
        await cluster.WaitForWorkersAsync(cancellationToken: TestContext.Current.CancellationToken);
        (await cluster.GetWorkerGroupsAsync(TestContext.Current.CancellationToken)).Select(g => (g.Desired, g.Ready)).Should().Equal((3, 3), (2, 2), (1, 1));
        (await cluster.GetLogsAsync(cancellationToken: TestContext.Current.CancellationToken)).Should().HaveCountGreaterThan(5);
    }

    [Fact]
    public async Task ConnectAsync_NoRightAtAll_NamesTheMissingRule()
    {
        await using TestRelease release = await TestRelease.InstallAsync(kubernetes);
        string kubeconfig = await kubernetes.CreateKubeconfigAsync(release.Namespace, "nobody", [], TestContext.Current.CancellationToken);

        Func<Task> connect = () => release.ConnectAsync(o => o with { KubeconfigPath = kubeconfig }, wait: false);

        KubernetesForbiddenException error = (await connect.Should().ThrowAsync<KubernetesForbiddenException>()).Which;
        error.Call.Verb.Should().Be("list");
        error.Call.Namespace.Should().Be(release.Namespace);
    }

    [Fact]
    public async Task CheckPermissionsAsync_OnlyTheChartsOwnRole_SaysWhatWorksAndPrintsTheMissingRole()
    {
        await using TestRelease release = await TestRelease.InstallAsync(kubernetes);
        string kubeconfig = await kubernetes.CreateKubeconfigAsync(release.Namespace, "jupyter", DaskJupyter, TestContext.Current.CancellationToken);

        PermissionReport report = await HelmCluster.CheckPermissionsAsync(
            release.Options(o => o with { KubeconfigPath = kubeconfig }), TestContext.Current.CancellationToken);

        report.Features.Where(f => f.IsAllowed).Select(f => f.Feature).Should().BeEquivalentTo("groups", "scale", "wait", "logs", "adaptive");
        report.Features.Where(f => !f.IsAllowed).Select(f => f.Feature).Should().BeEquivalentTo("release", "lossless", "forward", "services");
        report.MissingRole.Should().Contain("pods/portforward").And.Contain($"namespace: {release.Namespace}").And.NotContain("deployments");
    }

    [Fact]
    public async Task ScaleAsync_NoRightToPatch_NamesVerbResourceAndNamespace()
    {
        await using TestRelease release = await TestRelease.InstallAsync(kubernetes);
        V1PolicyRule[] readOnly = [new() { ApiGroups = ["", "apps"], Resources = ["*"], Verbs = ["get", "list", "watch"] }, new() { ApiGroups = [""], Resources = ["pods/portforward"], Verbs = ["create", "get"] }];
        string kubeconfig = await kubernetes.CreateKubeconfigAsync(release.Namespace, "reader", readOnly, TestContext.Current.CancellationToken);
        await using HelmCluster cluster = await release.ConnectAsync(o => o with { KubeconfigPath = kubeconfig }, wait: false);

        Func<Task> scale = () => cluster.ScaleAsync(4, cancellationToken: TestContext.Current.CancellationToken);

        KubernetesForbiddenException error = (await scale.Should().ThrowAsync<KubernetesForbiddenException>()).Which;
        error.Call.Should().Be(new KubernetesApiCall("patch", "deployments", "apps", release.Namespace, "my-dask-worker"));
    }
}
