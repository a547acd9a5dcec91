using System.Text.Json;
using System.Text.Json.Nodes;

using DaskK8s.Dask.Tasks;
using DaskK8s.Scaling.Lossless;
using DaskK8s.Testing;
using DaskK8s.Tests.Rigs;
using DaskK8s.Tests.Rigs.Cluster;

using k8s.Models;

namespace DaskK8s.Tests.Scaling.Lossless;

/// <summary>Empties real Dask workers and brings them back, without any pod leaving.</summary>
public sealed class WorkerDrainTests
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task DrainAsync_RightAfterAnothersRelease_StaysDrained()
    {
        await using DaskRig rig = await DaskRig.StartAsync(new DaskRelease { Workers = 2 }, Token);
        WorkerDrain drain = rig.Cluster.Drain!;
        Dictionary<string, IReadOnlyList<string>> candidate = await CandidateAsync(rig);
        string address = candidate["pod"][0];

        for (int i = 0; i < 25; i++)
        {
            await drain.DrainAsync($"one{i}/1", candidate, Limit, Token);

            // The way back to work is still under way to the worker when the next one asks.
            Task<bool> release = drain.ReleaseAsync($"one{i}", [], [address], [], Token);
            DrainReport report = await drain.DrainAsync($"two{i}/1", candidate, Limit, Token);
            await release;

            report.Drained.Should().Equal("pod");
            (await LookAsync(rig, $"two{i}", address)).Should().BeEquivalentTo(new { IsRetired = true, IsMine = true });
            await drain.ReleaseAsync($"two{i}", [], [address], [], Token);
        }

        await Poll.UntilAsync(async () => (await rig.StatusesAsync(Token)).All(static s => s == "running"));
    }

    [Fact]
    public async Task ReleaseAsync_WhileAnotherDrains_LeavesTheWorkerToIt()
    {
        await using DaskRig rig = await DaskRig.StartAsync(new DaskRelease { Workers = 2 }, Token);
        WorkerDrain drain = rig.Cluster.Drain!;
        Dictionary<string, IReadOnlyList<string>> candidate = await CandidateAsync(rig);
        string address = candidate["pod"][0];
        await drain.DrainAsync("one/1", candidate, Limit, Token);
        await drain.DrainAsync("two/1", candidate, Limit, Token);

        await drain.ReleaseAsync("one", [], [address], [], Token);

        (await LookAsync(rig, "two", address)).Should().BeEquivalentTo(new { IsRetired = true, IsMine = true });
        (await LookAsync(rig, "one", address)).IsMine.Should().BeFalse();
        await drain.ReleaseAsync("two", [], [address], [], Token);
        await Poll.UntilAsync(async () => (await rig.StatusesAsync(Token)).All(static s => s == "running"));
    }

    [Fact]
    public async Task DrainAsync_TasksHaveNotStarted_GivesThemToOthersAndRunsNoneTwice()
    {
        await using DaskRig rig = await DaskRig.StartAsync(new DaskRelease { Workers = 2 }, Token);
        Dictionary<string, IReadOnlyList<string>> candidate = await CandidateAsync(rig);
        await rig.KeepBusyAsync(30, 0.3, Token);

        DrainReport report = await rig.Cluster.Drain!.DrainAsync("one/1", candidate, Limit, Token);

        // Its own half would have taken it longer than all that others have now.
        report.Drained.Should().Equal("pod");
        (await LookAsync(rig, "one", candidate["pod"][0])).Should().BeEquivalentTo(new { IsRetired = true, Processing = 0 });
        (await rig.Load.CheckAsync(Token)).Should().BeEquivalentTo((0, 0, 30, "[]"));
        await rig.Cluster.Drain!.ReleaseAsync("one", [], candidate["pod"], [], Token);
    }

    [Fact]
    public async Task LookAsync_WorkerTurnsUpWhereAPodIsAboutToLeave_GetsNoTask()
    {
        await using DaskRig rig = await DaskRig.StartAsync(new DaskRelease { Workers = 2 }, Token);
        string host = await RestartBehindTheDoorAsync(rig);

        await rig.Load.SubmitAsync(30, seconds: 0.2, cancellationToken: Token);
        await rig.WaitForDrainAsync(1, Token);
        await rig.Load.DoAsync("settle", Token);

        JsonElement done = await rig.Load.DoAsync("check", Token);
        done.GetProperty("recomputed").GetInt32().Should().Be(0);
        done.GetProperty("places").EnumerateArray().Select(static p => new Uri(p.GetString()!).Host).Should().NotContain(host);
        await rig.Cluster.Drain!.ReleaseAsync("one", [], [], [host], Token);
        await Poll.UntilAsync(async () => (await rig.StatusesAsync(Token)).All(static s => s == "running"));
    }

    [Fact]
    public async Task LookAsync_WorkerTurnsUpWhereAPodIsAboutToLeave_IsAssignedNothingUntilItMayWork()
    {
        await using DaskRig rig = await DaskRig.StartAsync(new DaskRelease { Workers = 2 }, Token);
        string host = await RestartBehindTheDoorAsync(rig);
        await rig.Load.AskAsync(new JsonObject { ["do"] = "submit", ["count"] = 3, ["workers"] = new JsonArray(host), ["nowhere_else"] = true }, Token);
        await rig.WaitForDrainAsync(1, Token);
        string[] late = [.. (await rig.Cluster.GetSchedulerInfoAsync(Token)).Workers.Where(w => w.Host == host).Select(static w => w.Address)];

        // What it answers while it is drained comes after all that it says when it starts.
        await rig.Cluster.Drain!.DrainAsync("one/1", new Dictionary<string, IReadOnlyList<string>> { ["pod"] = late }, Limit, Token);
        (await AssignedAsync(rig)).Should().Be(0, "no other worker may run them");

        await rig.Cluster.Drain!.ReleaseAsync("one", [], late, [host], Token);
        (await rig.Load.CheckAsync(Token)).Should().BeEquivalentTo((0, 0, 3, "[]"));
        (await AssignedAsync(rig)).Should().Be(3);
    }

    private static async Task<int> AssignedAsync(DaskRig rig) => (await rig.Load.DoAsync("assigned", Token)).GetProperty("assigned").GetInt32();

    /// <summary>Lets a pod's worker start again where, as far as the scheduler was told, the pod is on its way out.</summary>
    private static async Task<string> RestartBehindTheDoorAsync(DaskRig rig)
    {
        V1Pod pod = (await rig.PodsAsync(Token))[0];
        string host = pod.Status.PodIP;
        await rig.Cluster.Drain!.LookAsync("one", [host], new Dictionary<string, TimeSpan> { [host] = TimeSpan.FromSeconds(45) }, Token);
        rig.Kubernetes.Pods.Kill("default", pod.Metadata.Name);
        await Poll.UntilAsync(async () => (await rig.StatusesAsync(Token)).Length == 1);
        return host;
    }

    private static async Task<Dictionary<string, IReadOnlyList<string>>> CandidateAsync(DaskRig rig) =>
        new() { ["pod"] = [(await rig.Cluster.GetSchedulerInfoAsync(Token)).Workers[0].Address] };

    private static async Task<WorkerLoad> LookAsync(DaskRig rig, string id, string address)
    {
        string host = new Uri(address).Host;
        return (await rig.Cluster.Drain!.LookAsync(id, [host], new Dictionary<string, TimeSpan>(), Token)).Workers.Single(w => w.Address == address);
    }
}
