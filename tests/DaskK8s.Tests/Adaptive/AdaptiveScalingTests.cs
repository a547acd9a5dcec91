using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using System.Text.Json;

using DaskK8s.Helm.Chart;
using DaskK8s.Testing;
using DaskK8s.Tests.Rigs;
using DaskK8s.Tests.Rigs.Cluster;

using k8s;
using k8s.Models;

namespace DaskK8s.Tests.Adaptive;

/// <summary>Lets real Dask groups follow real work.</summary>
public sealed class AdaptiveScalingTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private static AdaptiveOptions Fast => new()
    {
        Groups = { ["worker"] = (1, 4), ["gpu"] = (0, 2) },
        Interval = TimeSpan.FromMilliseconds(500),
        TargetDuration = TimeSpan.FromSeconds(2),
        CoolDown = TimeSpan.FromSeconds(3),
    };

    [Fact]
    public async Task AdaptAsync_GpuTasksAtZeroGpuWorkers_GrowsThatGroupAndComesBack()
    {
        await using DaskRig rig = await DaskRig.StartAsync(new DaskRelease { Workers = 1, Groups = [new DaskReleaseGroup { Name = "gpu", DaskResources = "GPU=1" }] }, Token);
        await rig.Cluster.ScaleAsync(0, "gpu", Token);
        await using AdaptiveScaling adaptive = await rig.Cluster.AdaptAsync(Fast, Token);

        await rig.Load.SubmitAsync(20, seconds: 0.3, resource: "GPU", cancellationToken: Token);
        await rig.Load.SubmitAsync(200, seconds: 0.05, cancellationToken: Token);
        await rig.Load.DoAsync("settle", Token);
        int most = adaptive.Trace.Where(static s => s.WorkerGroup == "gpu").Max(static s => s.Replicas);
        await Poll.UntilAsync(async () => await rig.ReplicasAsync(Token) == 1 && await rig.ReplicasAsync(Token, "my-dask-worker-gpu") == 0, 90);

        most.Should().BePositive();
        adaptive.IsActive.Should().BeTrue();
        adaptive.Decisions.Should().Contain(static d => d.WorkerGroup == "gpu" && d.Action == AdaptiveAction.Grow && d.Before == 0)
            .And.Contain(static d => d.WorkerGroup == "gpu" && d.Action == AdaptiveAction.Shrink);
        (await rig.Load.CheckAsync(Token)).Should().BeEquivalentTo((0, 0, 220, "[]"));
        JsonElement done = await rig.Load.DoAsync("check", Token);
        done.GetProperty("equipped").EnumerateArray().Select(static i => i.GetInt32()).Should().Contain(Enumerable.Range(0, 20), "they ran only where a GPU is");
    }

    [Fact]
    public async Task AdaptAsync_TwoLoops_OneStandsByAndTakesOver()
    {
        await using DaskRig rig = await DaskRig.StartAsync(new DaskRelease { Workers = 1 }, Token);
        await using HelmCluster other = await rig.ConnectAsync(Token);
        AdaptiveOptions options = Fast with { Groups = new Dictionary<string, AdaptiveRange> { ["worker"] = (1, 2) } };
        AdaptiveScaling first = await rig.Cluster.AdaptAsync(options, Token);
        await Poll.UntilAsync(() => first.IsActive);

        await using AdaptiveScaling second = await other.AdaptAsync(options, Token);
        await Poll.UntilAsync(() => second.Decisions.Count > 0);

        second.IsActive.Should().BeFalse();
        second.Decisions.Should().ContainSingle().Which.Action.Should().Be(AdaptiveAction.Standby);
        await first.DisposeAsync();
        await Poll.UntilAsync(() => second.IsActive);
    }

    [Fact]
    public async Task AdaptAsync_HandlerThatThrows_GoesOnAdaptingAndEndsWithTheCluster()
    {
        await using DaskRig rig = await DaskRig.StartAsync(new DaskRelease { Workers = 1 }, Token);
        HelmCluster other = await rig.ConnectAsync(Token);
        AdaptiveScaling adaptive = await other.AdaptAsync(Fast with { Groups = new Dictionary<string, AdaptiveRange> { ["worker"] = (2, 3) } }, Token);
        adaptive.Decided += static (_, _) => throw new InvalidOperationException("the user's mistake");
        other.Changed += static (_, _) => throw new InvalidOperationException("the user's mistake");

        await rig.Cluster.ScaleAsync(1, cancellationToken: Token);
        await Poll.UntilAsync(async () => await rig.ReplicasAsync(Token) == 2);
        adaptive.Completion.IsCompleted.Should().BeFalse();
        await other.DisposeAsync();

        await adaptive.Completion.WaitAsync(TimeSpan.FromSeconds(30), Token);
        await adaptive.DisposeAsync();
    }

    [Fact]
    public async Task AdaptAsync_HolderOfTheLeaseHasDied_TakesOverWhenItsTimeIsOver()
    {
        await using DaskRig rig = await DaskRig.StartAsync(new DaskRelease { Workers = 1 }, Token);
        using k8s.Kubernetes client = rig.Kubernetes.CreateClient();
        V1Lease lease = new()
        {
            Metadata = new V1ObjectMeta { Name = "my-dask-daskk8s-adaptive" },
            Spec = new V1LeaseSpec { HolderIdentity = "a-dead-one", LeaseDurationSeconds = 3, RenewTime = DateTime.UtcNow.AddHours(1) },
        };
        await client.CoordinationV1.CreateNamespacedLeaseAsync(lease, "default", cancellationToken: Token);

        await using AdaptiveScaling adaptive = await rig.Cluster.AdaptAsync(Fast with { Groups = new Dictionary<string, AdaptiveRange> { ["worker"] = (2, 2) } }, Token);
        await Poll.UntilAsync(async () => await rig.ReplicasAsync(Token) == 2);

        adaptive.IsActive.Should().BeTrue();
        adaptive.Decisions.Select(static d => d.Action).Should().StartWith([AdaptiveAction.Standby, AdaptiveAction.Grow]);
        adaptive.Decisions[0].Reason.Should().Contain("a-dead-one");
        (await client.CoordinationV1.ReadNamespacedLeaseAsync(lease.Metadata.Name, "default", cancellationToken: Token)).Spec.LeaseTransitions.Should().Be(1);
    }

    [Theory]
    [InlineData(3)]
    [InlineData(4)]
    public async Task AdaptAsync_WorkComesBackWhileWorkersLeave_KeepsThem(int most)
    {
        await using DaskRig rig = await DaskRig.StartAsync(new DaskRelease { Workers = 3 }, Token);
        await rig.KeepBusyAsync(3, 10, Token);
        string[] before = [.. (await rig.PodsAsync(Token)).Select(static p => p.Metadata.Uid)];
        AdaptiveOptions options = new()
        {
            Groups = { ["worker"] = (1, most) },
            Interval = TimeSpan.FromMilliseconds(500),
            TargetDuration = TimeSpan.FromMinutes(10),
            StartTime = TimeSpan.FromMilliseconds(100),
            WaitCount = 1,
            MaxLeavingShare = 1,
        };

        // Two are to leave, but not before they have finished; by then there is work for all three again.
        await using AdaptiveScaling adaptive = await rig.Cluster.AdaptAsync(options, Token);
        await rig.WaitForDrainAsync(2, Token);
        await rig.Load.SubmitAsync(5000, seconds: 60, cancellationToken: Token);

        await Poll.UntilAsync(async () => await rig.ReplicasAsync(Token) == most);
        await rig.AllWorkAsync(most, Token);
        (await rig.PodsAsync(Token)).Select(static p => p.Metadata.Uid).Should().Contain(before);
        adaptive.Decisions.Select(static d => d.Action).Should().StartWith(AdaptiveAction.Shrink);
    }

    [Fact]
    public async Task AdaptAsync_LeasesForbidden_GoesOnWithout()
    {
        await using DaskRig rig = await DaskRig.StartAsync(new DaskRelease { Workers = 1 }, Token);
        using IDisposable fault = rig.Kubernetes.Faults.AddHttp(new HttpFault { Resource = "leases", Status = 403 });
        await using AdaptiveScaling adaptive = await rig.Cluster.AdaptAsync(Fast with { Groups = new Dictionary<string, AdaptiveRange> { ["worker"] = (2, 4) } }, Token);

        await Poll.UntilAsync(async () => await rig.ReplicasAsync(Token) == 2);

        adaptive.IsActive.Should().BeTrue();
    }

    [Fact]
    public async Task AdaptAsync_PodsFindNoNode_StopsGrowingAndSaysWhy()
    {
        await using DaskRig rig = await DaskRig.StartAsync(
            new DaskRelease { Workers = 1, Groups = [new DaskReleaseGroup { Name = "gpu", DaskResources = "GPU=1", Limits = new Dictionary<string, string> { ["nvidia.com/gpu"] = "1" } }] },
            Token,
            new EmbeddedClusterOptions { Gpus = 1 });
        await using AdaptiveScaling adaptive = await rig.Cluster.AdaptAsync(Fast with { StartTime = TimeSpan.FromMilliseconds(100), UnschedulableAfter = TimeSpan.FromSeconds(1), Groups = new Dictionary<string, AdaptiveRange> { ["gpu"] = (0, 6) } }, Token);

        await rig.Load.SubmitAsync(6, seconds: 3, resource: "GPU", cancellationToken: Token);
        await Poll.UntilAsync(() => adaptive.Trace.Any(static s => s.Replicas > 1));
        await rig.Load.SubmitAsync(30, seconds: 3, resource: "GPU", cancellationToken: Token);

        await Poll.UntilAsync(() => adaptive.Decisions.Any(static d => d.Reason.Contains("cannot be scheduled")));
        adaptive.Decisions.First(static d => d.Reason.Contains("cannot be scheduled")).Reason.Should().Contain("nvidia.com/gpu");
    }

    [Fact]
    public async Task AdaptAsync_NothingRunsForLong_GoesToTheMinimumAtOnceAndTheMeterCountsIt()
    {
        ConcurrentQueue<string> counted = new();
        using MeterListener listener = new() { InstrumentPublished = static (i, l) => { if (i.Name == "daskk8s.adaptive.decisions") { l.EnableMeasurementEvents(i); } } };
        listener.SetMeasurementEventCallback<long>((_, count, tags, _) => counted.Enqueue(string.Join(' ', tags.ToArray().Select(static t => t.Value))));
        listener.Start();
        await using DaskRig rig = await DaskRig.StartAsync(new DaskRelease { Workers = 5 }, Token);
        await using AdaptiveScaling adaptive = await rig.Cluster.AdaptAsync(
            Fast with { Groups = new Dictionary<string, AdaptiveRange> { ["worker"] = (1, 5) }, WaitCount = 1000, IdleTimeout = TimeSpan.FromSeconds(2) }, Token);
        ConcurrentQueue<AdaptiveDecision> raised = new();
        adaptive.Decided += (_, e) => raised.Enqueue(e.Decision);

        await Poll.UntilAsync(async () => await rig.ReplicasAsync(Token) == 1);

        AdaptiveDecision decision = adaptive.Decisions.Single(static d => d.Action == AdaptiveAction.Shrink);
        decision.Should().BeEquivalentTo(new { WorkerGroup = "worker", Before = 5, After = 1, Reason = "nothing has run for 2 s" });
        counted.Should().Contain("my-dask default worker Shrink");
        raised.Should().Contain(decision);
    }

    [Fact]
    public async Task AdaptAsync_SchedulerRunsNoFunctions_FollowsDasksOwnNumber()
    {
        DaskRelease release = new()
        {
            Workers = 1,
            Groups = [new DaskReleaseGroup { Name = "gpu", DaskResources = "GPU=1" }],
            Environment = new Dictionary<string, string> { ["DASK_DISTRIBUTED__SCHEDULER__PICKLE"] = "False" },
        };
        await using DaskRig rig = await DaskRig.StartAsync(release, Token);
        await using AdaptiveScaling adaptive = await rig.Cluster.AdaptAsync(Fast with { StartTime = TimeSpan.FromMilliseconds(100) }, Token);

        await rig.Load.SubmitAsync(60, seconds: 0.3, cancellationToken: Token);

        await Poll.UntilAsync(async () => await rig.ReplicasAsync(Token) > 1);
        await Poll.UntilAsync(
            () => adaptive.Decisions.Any(static d => d.WorkerGroup == "gpu" && d.Action == AdaptiveAction.Hold && d.Reason.Contains("does not run")));
        (await rig.Load.CheckAsync(Token)).Should().BeEquivalentTo((0, 0, 60, "[]"));
    }

    [Fact]
    public async Task AdaptAsync_UnknownGroup_Throws()
    {
        await using DaskRig rig = await DaskRig.StartAsync(new DaskRelease { Workers = 1 }, Token);

        await rig.Cluster.Invoking(c => c.AdaptAsync(new AdaptiveOptions { Groups = { ["nobody"] = (0, 1) } }, Token)).Should().ThrowAsync<WorkerGroupNotFoundException>();
        await rig.Cluster.Invoking(c => c.AdaptAsync(new AdaptiveOptions(), Token)).Should().ThrowAsync<ArgumentException>();
        await rig.Cluster.Invoking(c => c.AdaptAsync(new AdaptiveOptions { Groups = { ["worker"] = (3, 1) } }, Token)).Should().ThrowAsync<ArgumentException>();
    }
}
