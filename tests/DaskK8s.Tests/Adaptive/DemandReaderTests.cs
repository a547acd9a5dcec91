using System.Diagnostics;
using System.Text.Json;

using DaskK8s.Adaptive;
using DaskK8s.Dask.Rpc;
using DaskK8s.Testing;
using DaskK8s.Tests.Dask.Rpc;
using DaskK8s.Tests.Rigs;
using DaskK8s.Tests.Rigs.Cluster;
using DaskK8s.Tests.Rigs.Dask;

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

    [Fact]
    public async Task Answer_TenThousandWorkers_LooksAtAPartEachTimeAndAtAllInTurn()
    {
        // A scheduler's workers that note who looks at what they hold.
        const string Script =
            """
            import json, sys, types
            sys.path.insert(0, sys.argv[1])
            import demand
            looks = 0
            class Worker:
                resources, nthreads, memory_limit, executing = {}, 2, 100, {}
                def __init__(self, held): self.held = held
                @property
                def nbytes(self):
                    global looks
                    looks += 1
                    return self.held
            def answers(count, n):
                global looks
                workers = {f"w-{i}": Worker(1) for i in range(count)}
                scheduler = types.SimpleNamespace(tasks={}, task_prefixes={}, workers=workers)
                plugin = demand.Demand(scheduler)
                told = []
                for i in range(n):
                    looks = 0
                    kinds = demand.answer(scheduler, plugin)["kinds"]
                    told.append((looks, kinds[0]["workers"], kinds[0]["bytes"]))
                    if i == 0:
                        for w in workers.values(): w.held = 2
                        workers.pop("w-7"), plugin.remove_worker(scheduler, "w-7", stimulus_id="")
                        workers["w-new"] = Worker(5)
                        plugin.add_worker(scheduler, "w-new")
                return told
            print(json.dumps([answers(10, 3), answers(10_000, 25)]))
            """;
        using Process python = Process.Start(new ProcessStartInfo(DaskPython.Path, ["-B", "-c", Script, Repository.PathOf("src/DaskK8s/Adaptive")]) { RedirectStandardOutput = true })!;
        int[][][] told = JsonSerializer.Deserialize<int[][][]>(await python.StandardOutput.ReadToEndAsync(Token))!;
        await python.WaitForExitAsync(Token);

        told[0].Select(static a => (a[0], a[1], a[2])).Should().Equal((10, 10, 10), (10, 10, 23), (10, 10, 23));
        told[1].Should().OnlyContain(static a => a[0] == 500 && a[1] == 10_000);
        told[1][0][2].Should().Be(10_000);
        told[1][1][2].Should().BeGreaterThan(10_400).And.BeLessThan(11_000, "one part was looked at anew");
        told[1][^1][2].Should().Be(20_003, "all have had their turn");
    }

    /// <summary>Waits until the scheduler has so many tasks; gives the length of its answer.</summary>
    private static async Task<int> LengthAsync(SchedulerRpc rpc, DemandReader reader, int tasks)
    {
        await Poll.UntilAsync(
            async () => (await reader.ReadAsync(TimeSpan.FromSeconds(30), Token)).Requirements.Sum(static r => r.Waiting + r.Processing) == tasks);
        JsonElement answer = await SchedulerModule.Demand.CallAsync(rpc, [], null, Token);
        return answer.GetRawText().Length;
    }
}
