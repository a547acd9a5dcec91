using DaskK8s.Dask.Rpc;
using DaskK8s.Testing;
using DaskK8s.Tests.Rigs;
using DaskK8s.Tests.Rigs.Cluster;

namespace DaskK8s.Tests.Dask.Rpc;

/// <summary>Asks a real scheduler for the hosts of its workers.</summary>
public sealed class WorkerHostsTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task ReadAsync_WorkersComeAndGo_TellsTheHostsOfAllFromWhatHasChanged()
    {
        await using DaskRig rig = await DaskRig.StartAsync(new DaskRelease { Workers = 2 }, Token);
        await using SchedulerRpc rpc = SchedulerRpcTests.Create(rig.Cluster.SchedulerAddress!);
        WorkerHosts hosts = new(rpc);
        WorkerHosts late = new(rpc);

        IReadOnlyDictionary<string, int> two = (await hosts.ReadAsync(Token))!;
        await rig.Cluster.ScaleAsync(3, cancellationToken: Token);
        await rig.Cluster.WaitForWorkersAsync(cancellationToken: Token);
        IReadOnlyDictionary<string, int> three = (await hosts.ReadAsync(Token))!;
        await rig.Cluster.ScaleAsync(1, cancellationToken: Token);
        await rig.Cluster.WaitForWorkersAsync(cancellationToken: Token);
        IReadOnlyDictionary<string, int> one = (await hosts.ReadAsync(Token))!;

        two.Should().HaveCount(2);
        three.Should().HaveCount(3).And.Contain(two);
        one.Should().ContainSingle();
        (await late.ReadAsync(Token)).Should().BeEquivalentTo(one, "an answer to the first question holds everything");
        SchedulerInfo info = await rpc.SummaryAsync(Token);
        info.Should().BeEquivalentTo(new { WorkerCount = 1, HasAllWorkers = true });
    }
}
