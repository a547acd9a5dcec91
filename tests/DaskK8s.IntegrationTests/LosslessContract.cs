using DaskK8s.IntegrationTests.Rigs;

using k8s;
using k8s.Models;

namespace DaskK8s.IntegrationTests;

/// <summary>Shrinks groups whose workers hold results. A task that ran again would give another number, for each run draws its own.</summary>
public sealed class LosslessContract(TestCluster kubernetes)
{
    private const int Results = 6;

    private static readonly PythonFunction Draw = PythonFunction.FromSource(
        """
        def draw():
            import uuid
            return uuid.uuid4().hex
        """,
        "draw");

    private static readonly PythonFunction Text = PythonFunction.FromName("builtins", "str");

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task ScaleAsync_GroupToZero_MovesItsResultsToTheOthers()
    {
        // Where all leave, nobody has to choose who: this works on servers of any version.
        await using TestRelease release = await TestRelease.InstallAsync(kubernetes);
        await using HelmCluster cluster = await release.ConnectAsync();
        await using DaskClient client = await cluster.GetClientAsync(Token);
        List<(DaskFuture<string> Future, string Drawn)> held = await DrawAsync(client, "high-mem");

        ScaleResult result = await cluster.ScaleAsync(0, "high-mem", Token);

        result.Should().BeEquivalentTo(new { Before = 1, After = 0, Requested = 0 });
        result.KeysMoved.Should().Be(Results);
        await AssertKeptAsync(client, held);
    }

    [Fact]
    public async Task ScaleAsync_GroupDownByOne_MovesResultsOrIsRefusedWhereTheServerTakesNoHints()
    {
        await using TestRelease release = await TestRelease.InstallAsync(kubernetes);
        await using HelmCluster cluster = await release.ConnectAsync();
        await using DaskClient client = await cluster.GetClientAsync(Token);
        List<(DaskFuture<string> Future, string Drawn)> held = await DrawAsync(client, "worker");
        V1Deployment before = await ReadAsync(release);

        Func<Task<ScaleResult>> scale = () => cluster.ScaleAsync(2, cancellationToken: Token);

        if (await TakesHintsAsync())
        {
            ScaleResult result = await scale();
            result.Should().BeEquivalentTo(new { Before = 3, After = 2, Requested = 2 });
            result.Retired.Should().ContainSingle();
            await cluster.WaitForWorkersAsync(cancellationToken: Token);
            (await ReadAsync(release)).Spec.Replicas.Should().Be(2);
        }
        else
        {
            (await scale.Should().ThrowAsync<LosslessScaleDownException>()).Which.Obstacle.Should().Be(LosslessScaleDownObstacle.ServerTooOld);
            V1Deployment after = await ReadAsync(release);
            after.Spec.Replicas.Should().Be(3);
            after.Metadata.Generation.Should().Be(before.Metadata.Generation);
        }

        await AssertKeptAsync(client, held);
    }

    private static async Task<List<(DaskFuture<string> Future, string Drawn)>> DrawAsync(DaskClient client, string group)
    {
        List<(DaskFuture<string>, string)> held = [];
        for (int i = 0; i < Results; i++)
        {
            DaskFuture<string> future = await client.SubmitAsync<string>(Draw, [], new TaskOptions { WorkerGroup = group, AllowOtherWorkers = true }, Token);
            held.Add((future, await future.ResultAsync(cancellationToken: Token)));
        }

        return held;
    }

    /// <summary>Asks for each result through a task on a worker, so that no copy on this side can answer.</summary>
    private static async Task AssertKeptAsync(DaskClient client, List<(DaskFuture<string> Future, string Drawn)> held)
    {
        foreach ((DaskFuture<string> future, string drawn) in held)
        {
            using DaskFuture<string> again = await client.SubmitAsync<string>(Text, [future], cancellationToken: Token);
            (await again.ResultAsync(cancellationToken: Token)).Should().Be(drawn);
            future.Dispose();
        }
    }

    /// <summary>Determines whether the server takes hints about which pods shall go (<c>pod-deletion-cost</c>): Kubernetes 1.22 and later.</summary>
    private async Task<bool> TakesHintsAsync()
    {
        VersionInfo version = await kubernetes.Client.Version.GetCodeAsync(Token);
        return new Version($"{version.Major}.{version.Minor.TrimEnd('+')}") >= new Version(1, 22);
    }

    private Task<V1Deployment> ReadAsync(TestRelease release) =>
        kubernetes.Client.AppsV1.ReadNamespacedDeploymentAsync("my-dask-worker", release.Namespace, cancellationToken: Token);
}
