using System.Text.Json;

using DaskK8s.Adaptive;
using DaskK8s.Dask.Rpc;
using DaskK8s.Testing;
using DaskK8s.Tests.Dask.Rpc;
using DaskK8s.Tests.Rigs;
using DaskK8s.Tests.Rigs.Cluster;

namespace DaskK8s.Tests.Adaptive;

/// <summary>Asks a real scheduler what its tasks call for.</summary>
public sealed class DemandReaderTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task ReadAsync_ManyTasks_CountsThemByWhatTheyRequireInAnAnswerThatDoesNotGrow()
    {
        await using DaskRig rig = await DaskRig.StartAsync(new DaskRelease { Workers = 1 }, Token);
        await using SchedulerRpc rpc = SchedulerRpcTests.Create(rig.Cluster.SchedulerAddress!);
        DemandReader reader = new(rpc);
        await rig.Load.SubmitAsync(10, seconds: 60, cancellationToken: Token);
        await rig.Load.SubmitAsync(1, resource: "GPU", cancellationToken: Token);
        int few = await LengthAsync(rpc, reader, 11);

        await rig.Load.SubmitAsync(2990, seconds: 60, cancellationToken: Token);
        await rig.Load.SubmitAsync(39, resource: "GPU", cancellationToken: Token);
        int many = await LengthAsync(rpc, reader, 3040);

        DemandSnapshot demand = await reader.ReadAsync(TimeSpan.FromSeconds(30), Token);
        demand.Requirements.Select(static r => (r.Resources.Count, r.Waiting + r.Processing)).Should().BeEquivalentTo([(0, 3000), (1, 40)]);
        demand.Requirements.Single(static r => r.Resources.ContainsKey("GPU")).Should().BeEquivalentTo(new { Waiting = 40, Processing = 0, IsBound = false });
        many.Should().BeLessThan(2 * few, "only the digits of the numbers grow");
    }

    /// <summary>Waits until the scheduler has so many tasks; gives the length of its answer.</summary>
    private static async Task<int> LengthAsync(SchedulerRpc rpc, DemandReader reader, int tasks)
    {
        await Poll.UntilAsync(
            async () => (await reader.ReadAsync(TimeSpan.FromSeconds(30), Token)).Requirements.Sum(static r => r.Waiting + r.Processing) == tasks);
        JsonElement answer = await SchedulerScript.Demand.CallAsync(rpc, [], null, Token);
        return answer.GetRawText().Length;
    }
}
