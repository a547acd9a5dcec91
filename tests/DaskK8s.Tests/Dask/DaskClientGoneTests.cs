using DaskK8s.Dask.Tasks;
using DaskK8s.Testing;
using DaskK8s.Tests.Rigs.Cluster;

using k8s;
using k8s.Models;

namespace DaskK8s.Tests.Dask;

/// <summary>Takes the scheduler away under calls that are under way: they end, and say what happened.</summary>
public sealed class DaskClientGoneTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(true, "*my-dask*uninstalled*")]
    [InlineData(false, "*scaled to zero*")]
    public async Task ResultAsync_SchedulerGoesForGood_EndsWithThatReason(bool isUninstalled, string expected)
    {
        DaskRelease release = new() { Workers = 1 };
        await using DaskRig rig = await DaskRig.StartAsync(release, Token);
        await using DaskClient client = await rig.Cluster.GetClientAsync(Token);
        DaskFuture<int> future = await client.SubmitAsync<int>(PythonFunction.FromName("time", "sleep"), [600], null, Token);
        Task<int> waiting = future.ResultAsync(cancellationToken: Token);
        using k8s.Kubernetes kubernetes = rig.Kubernetes.CreateClient();

        await (isUninstalled
            ? release.UninstallAsync(kubernetes, Token)
            : kubernetes.AppsV1.PatchNamespacedDeploymentAsync(new V1Patch("""{"spec":{"replicas":0}}""", V1Patch.PatchType.MergePatch), "my-dask-scheduler", "default", cancellationToken: Token));

        Func<Task> result = () => waiting.WaitAsync(TimeSpan.FromMinutes(2), Token);
        (await result.Should().ThrowAsync<SchedulerUnreachableException>()).WithMessage(expected);
    }
}
