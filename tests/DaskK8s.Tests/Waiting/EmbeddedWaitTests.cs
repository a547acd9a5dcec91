using System.Collections.Concurrent;

using DaskK8s.Testing;
using DaskK8s.Tests.Rigs.Cluster;

using k8s;
using k8s.Models;

namespace DaskK8s.Tests.Waiting;

/// <summary>Waits on an embedded cluster: real watches, controllers, events and faults; the scheduler's word is the test's.</summary>
public sealed class EmbeddedWaitTests
{
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan Long = TimeSpan.FromSeconds(90);

    private readonly Collected progress = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task WaitForWorkersAsync_ScaledUp_ReportsEachStepByWatching()
    {
        await using EmbeddedRelease release = await EmbeddedRelease.StartAsync();
        await release.Helm.WaitForWorkersAsync(Long, cancellationToken: Token);
        release.Cluster.ClearRequests();
        using IDisposable held = release.Cluster.Faults.AddPods(PodFault.Unschedulable);
        await release.Helm.ScaleAsync(5, cancellationToken: Token);

        // Pods that were ready before the wait begins would need no watch.
        progress.Then = _ => Task.Run(held.Dispose);
        await release.Helm.WaitForWorkersAsync(Long, progress, "worker", Token);

        progress.Last("worker").Should().Be(new WorkerGroupProgress { Group = "worker", Desired = 5, Created = 5, Scheduled = 5, Ready = 5, Connected = 5, Terminating = 0, Waiting = null });
        progress.All.Should().OnlyContain(static p => p.Group == "worker").And.OnlyHaveUniqueItems();
        progress.All[..^1].Should().OnlyContain(static p => p.Waiting != null);
        release.Helm.WorkerGroups[0].Ready.Should().Be(5);
        release.Cluster.Requests.Where(static r => r is { Verb: "list", Resource: "deployments" }).Should().HaveCountLessThan(3);
        release.Cluster.Requests.Where(static r => r.Verb == "watch").Should().HaveCount(2);
    }

    [Fact]
    public async Task Changed_ScaledAndWaitedFor_TellsEachStepAndTheEnd()
    {
        await using EmbeddedRelease release = await EmbeddedRelease.StartAsync();
        await release.Helm.WaitForWorkersAsync(Long, cancellationToken: Token);
        ConcurrentQueue<WorkerGroupProgress?> heard = new();
        release.Helm.Changed += (_, e) => heard.Enqueue(e.Progress);

        await release.Helm.ScaleAsync(5, cancellationToken: Token);
        await release.Helm.WaitForWorkersAsync(Long, progress, "worker", Token);

        heard.First().Should().Match<WorkerGroupProgress>(static p => p.Group == "worker" && p.Desired == 5 && p.Waiting == "being scaled to 5");
        heard.ElementAt(1)!.Waiting.Should().Be("scaled to 5");
        heard.Skip(2).SkipLast(1).Should().Equal(progress.All);
        heard.Last().Should().BeNull("the groups themselves were read anew");
        await release.Helm.Awaiting(static h => h.ScaleAsync(5, "nope")).Should().ThrowAsync<WorkerGroupNotFoundException>();
    }

    [Fact]
    public async Task WaitForWorkersAsync_ScaledToZero_WaitsUntilPodsAndWorkersAreGone()
    {
        await using EmbeddedRelease release = await EmbeddedRelease.StartAsync();
        await release.Helm.WaitForWorkersAsync(Long, cancellationToken: Token);
        V1Pod gone = (await release.PodsAsync("my-dask-worker-gpu-")).Single();
        release.Linger(gone.Status.PodIP, 1);
        await ShrinkAsync(release, 0, "gpu");

        Func<Task> stillListed = () => release.Helm.WaitForWorkersAsync(Soon, workerGroup: "gpu", cancellationToken: Token);
        (await stillListed.Should().ThrowAsync<WorkersNotReadyException>()).Which.Causes.Single().Kind.Should().Be(PodCauseKind.StillListed);
        release.Linger(gone.Status.PodIP, 0);
        await release.Helm.WaitForWorkersAsync(Long, progress, "gpu", Token);

        progress.Last("gpu").Should().Be(new WorkerGroupProgress { Group = "gpu", Desired = 0, Created = 0, Scheduled = 0, Ready = 0, Connected = 0, Terminating = 0, Waiting = null });
    }

    [Fact]
    public async Task WaitForWorkersAsync_PodThatEndsSlowly_IsNamed()
    {
        await using EmbeddedRelease release = await EmbeddedRelease.StartAsync();
        await release.Helm.WaitForWorkersAsync(Long, cancellationToken: Token);
        using IDisposable fault = release.Cluster.Faults.AddPods(PodFault.IgnoresTermination);
        await ShrinkAsync(release, 1, "worker");

        WorkersNotReadyException error = await FailAsync(release, new WorkerWaitOptions { Timeout = Soon, WorkerGroup = "worker" });

        PodCause cause = error.Causes.Single();
        cause.Kind.Should().Be(PodCauseKind.Terminating);
        cause.Text.Should().MatchRegex(@"^has been terminating for \d.* s, its grace period is 30 s$");
        error.Groups.Single().Should().Match<WorkerGroupProgress>(static g => g.Desired == 1 && g.Connected == 1 && g.Terminating == 1);
        error.IsHopeless.Should().BeFalse();
    }

    [Fact]
    public async Task WaitForWorkersAsync_GroupThatNoNodeCanTake_SaysWhichResource()
    {
        await using EmbeddedRelease release = await EmbeddedRelease.StartAsync(new DaskRelease
        {
            Workers = 1,
            Groups = [new DaskReleaseGroup { Name = "gpu", Replicas = 2, Limits = new Dictionary<string, string> { ["nvidia.com/gpu"] = "6" } }],
        });
        await release.RunningAsync("my-dask-", 3);

        WorkersNotReadyException error = await FailAsync(release, new WorkerWaitOptions { Timeout = Long, UnschedulableLimit = TimeSpan.FromSeconds(1) });

        error.IsHopeless.Should().BeTrue();
        PodCause cause = error.Causes.Single();
        cause.Should().Match<PodCause>(static c => c.Kind == PodCauseKind.Unschedulable && c.Group == "gpu");
        cause.Text.Should().Be("the only node cannot take it: 1 node has too little nvidia.com/gpu free");
        error.Message.Should().Contain("gpu: 1 of 2 connected").And.Subject.Should().Contain(cause.Pod!);
    }

    [Fact]
    public async Task WaitForWorkersAsync_ImageThatDoesNotExist_SaysSo()
    {
        await using EmbeddedRelease release = await EmbeddedRelease.StartAsync(prepare: static c => c.Faults.AddPods(PodFault.ImagePull, new PodSelector { NamePrefix = "my-dask-worker-gpu-" }));
        await release.RunningAsync("my-dask-", 3);

        WorkersNotReadyException error = await FailAsync(release, new WorkerWaitOptions { Timeout = Soon });

        error.Causes.Should().ContainSingle().Which.Should().Match<PodCause>(static c => c.Kind == PodCauseKind.ImageNotPulled && c.Group == "gpu");
        error.Causes[0].Text.Should().Contain("daskdev/dask:2024.12.1 cannot be pulled").And.Subject.Should().Contain("not found");
    }

    [Fact]
    public async Task WaitForWorkersAsync_CrashLoop_IsHopelessAndShowsTheLogsEnd()
    {
        await using EmbeddedRelease release = await EmbeddedRelease.StartAsync(
            options: new EmbeddedClusterOptions { CrashBackOff = TimeSpan.FromMilliseconds(50) },
            prepare: static c => c.Faults.AddPods(PodFault.CrashLoop, new PodSelector { NamePrefix = "my-dask-worker-gpu-" }, 3));

        WorkersNotReadyException error = await FailAsync(release, new WorkerWaitOptions { Timeout = Long });

        error.IsHopeless.Should().BeTrue();
        error.Causes[0].Should().Match<PodCause>(static c => c.Kind == PodCauseKind.CrashLoop && c.Group == "gpu");
        error.Causes[0].Text.Should().MatchRegex(@"^ends again and again: exit code 3, restarted \d+ times; its log ends with:\n      \| Traceback \(most recent call last\): the container was told to crash");
    }

    [Fact]
    public async Task WaitForWorkersAsync_UsedUpQuota_IsHopeless()
    {
        await using EmbeddedRelease release = await EmbeddedRelease.StartAsync();
        await release.Helm.WaitForWorkersAsync(Long, cancellationToken: Token);
        await release.Client.CoreV1.CreateNamespacedResourceQuotaAsync(
            new V1ResourceQuota
            {
                Metadata = new V1ObjectMeta { Name = "few" },
                Spec = new V1ResourceQuotaSpec { Hard = new Dictionary<string, ResourceQuantity> { ["pods"] = new("5") } },
            },
            "default",
            cancellationToken: Token);
        await release.Helm.ScaleAsync(4, "gpu", Token);

        WorkersNotReadyException error = await FailAsync(release, new WorkerWaitOptions { Timeout = Long, WorkerGroup = "gpu" });

        error.IsHopeless.Should().BeTrue();
        error.Causes.Should().ContainSingle().Which.Kind.Should().Be(PodCauseKind.QuotaExceeded);
        error.Causes[0].Text.Should().StartWith("2 pods cannot be created: the quota few is used up");
    }

    [Fact]
    public async Task WaitForWorkersAsync_WorkersThatDoNotConnect_AreNamed()
    {
        await using EmbeddedRelease release = await EmbeddedRelease.StartAsync();
        release.WorkersConnect = false;
        await release.RunningAsync("my-dask-", 4);
        V1Pod pod = (await release.PodsAsync("my-dask-worker-gpu-")).Single();
        release.Cluster.Pods.AppendLog("default", pod.Metadata.Name, "distributed.worker - INFO - Waiting to connect to: tcp://my-dask-scheduler:8786");

        WorkersNotReadyException error = await FailAsync(release, new WorkerWaitOptions { Timeout = Soon, WorkerGroup = "gpu" });

        error.Causes.Single().Kind.Should().Be(PodCauseKind.NotConnected);
        error.Causes.Single().Text.Should().Contain("the scheduler does not list its worker").And.Subject.Should().Contain("| distributed.worker - INFO - Waiting to connect");
        release.Asked.Should().BeLessThan(15, "it asks in growing intervals");
    }

    [Fact]
    public async Task WaitForWorkersAsync_ProbeThatFails_IsNotReady()
    {
        await using EmbeddedRelease release = await EmbeddedRelease.StartAsync(prepare: static c => c.Faults.AddPods(PodFault.NeverReady, new PodSelector { NamePrefix = "my-dask-worker-gpu-" }));
        await release.RunningAsync("my-dask-", 4);

        WorkersNotReadyException error = await FailAsync(release, new WorkerWaitOptions { Timeout = Soon });

        error.Causes.Should().ContainSingle().Which.Kind.Should().Be(PodCauseKind.NotReady);
    }

    [Fact]
    public async Task WaitForWorkersAsync_NumberChangedMeanwhile_IsFollowed()
    {
        await using EmbeddedRelease release = await EmbeddedRelease.StartAsync();
        release.WorkersConnect = false;
        progress.Then = async p =>
        {
            if (p is { Desired: 2, Ready: 2 })
            {
                await release.Helm.ScaleAsync(4, cancellationToken: Token);
            }
            else if (p is { Desired: 4, Ready: 4 })
            {
                release.WorkersConnect = true;
            }
        };

        await release.Helm.WaitForWorkersAsync(Long, progress, "worker", Token);

        progress.Last("worker").Should().Match<WorkerGroupProgress>(static p => p.Desired == 4 && p.Connected == 4 && p.IsComplete);
    }

    [Fact]
    public async Task WaitForWorkersAsync_ApiServerGoneForAWhile_GoesOn()
    {
        await using EmbeddedRelease release = await EmbeddedRelease.StartAsync();
        release.WorkersConnect = false;
        TaskCompletionSource waiting = new();
        progress.Then = p =>
        {
            if (p is { Ready: 2 })
            {
                waiting.TrySetResult();
            }

            return Task.CompletedTask;
        };
        Task wait = release.Helm.WaitForWorkersAsync(Long, progress, "worker", Token);
        await waiting.Task.WaitAsync(Long, Token);

        await release.Cluster.Faults.StopServerAsync();
        await release.Cluster.Faults.StartServerAsync(Token);
        release.WorkersConnect = true;

        await wait.WaitAsync(Long, Token);
    }

    [Fact]
    public async Task WaitForWorkersAsync_SchedulerNotReached_WaitsForReadyPodsAndSaysSo()
    {
        await using EmbeddedRelease release = await EmbeddedRelease.StartAsync();
        release.Helm.ConnectedWorkers = null;
        await release.RunningAsync("my-dask-", 4);

        await release.Helm.WaitForWorkersAsync(Long, progress, cancellationToken: Token);
        using IDisposable fault = release.Cluster.Faults.AddPods(PodFault.Unschedulable);
        await release.Helm.ScaleAsync(3, cancellationToken: Token);
        WorkersNotReadyException error = await FailAsync(release, new WorkerWaitOptions { Timeout = Soon });

        progress.Last("gpu").Should().Match<WorkerGroupProgress>(static p => p.Connected == null && p.Ready == 1 && p.IsComplete);
        error.Remarks.Should().Contain("This client is not connected to the scheduler, so it waited for ready pods.");
        error.Causes.Single().Text.Should().Contain("has the taint {daskk8s.test/fault: }");
    }

    [Fact]
    public async Task WaitForWorkersAsync_OnlyTheChartsRole_WaitsAndSaysWhatItCouldNotRead()
    {
        await using EmbeddedRelease release = await EmbeddedRelease.StartAsync(user: "jupyter", prepare: static c =>
        {
            c.Allow("jupyter", "default", ["get", "list", "watch", "update", "patch"], "deployments");
            c.Allow("jupyter", "default", ["get", "list", "watch"], "pods");
            c.Allow("jupyter", "default", ["get", "list"], "pods/log");
            c.Faults.AddPods(PodFault.ImagePull, new PodSelector { NamePrefix = "my-dask-worker-gpu-" });
        });

        await release.RunningAsync("my-dask-", 3);
        await release.Helm.WaitForWorkersAsync(Long, workerGroup: "worker", cancellationToken: Token);
        WorkersNotReadyException error = await FailAsync(release, new WorkerWaitOptions { Timeout = Soon });

        error.Causes.Single().Kind.Should().Be(PodCauseKind.ImageNotPulled);
        error.Remarks.Should().ContainSingle().Which.Should().StartWith("Reading events is not allowed");
    }

    [Fact]
    public async Task WaitForWorkersAsync_DeletedDeployment_IsHopeless()
    {
        await using EmbeddedRelease release = await EmbeddedRelease.StartAsync();
        await release.Client.AppsV1.DeleteNamespacedDeploymentAsync("my-dask-worker-gpu", "default", cancellationToken: Token);

        WorkersNotReadyException error = await FailAsync(release, new WorkerWaitOptions { Timeout = Long });

        error.Causes[0].Kind.Should().Be(PodCauseKind.DeploymentMissing);
        error.IsHopeless.Should().BeTrue();
    }

    [Fact]
    public async Task WaitForWorkersAsync_SchedulerThatDoesNotAnswer_IsToldAndAskedAgain()
    {
        await using EmbeddedRelease release = await EmbeddedRelease.StartAsync();
        await release.RunningAsync("my-dask-", 4);
        int asked = 0;
        release.Helm.ConnectedWorkers = _ => ++asked > 0 ? throw new SchedulerUnreachableException("tcp://x:1", "The scheduler is gone.") : null!;

        WorkersNotReadyException error = (await release.Helm.Awaiting(h => h.WaitForWorkersAsync(Soon, progress, cancellationToken: Token)).Should().ThrowAsync<WorkersNotReadyException>()).Which;

        asked.Should().BeInRange(2, 15);
        error.Causes.Should().ContainSingle().Which.Should().Be(new PodCause(null, null, PodCauseKind.SchedulerUnreachable, "the Dask scheduler could not be queried: The scheduler is gone."));
        progress.Last("gpu").Waiting.Should().Be("waiting for the scheduler's list of workers (the scheduler could not be queried: The scheduler is gone.)");
    }

    [Fact]
    public async Task WaitForWorkersAsync_RolloutToABetterImage_ForgivesTheOldPods()
    {
        IDisposable? fault = null;
        await using EmbeddedRelease release = await EmbeddedRelease.StartAsync(
            options: new EmbeddedClusterOptions { CrashBackOff = TimeSpan.FromMilliseconds(50) },
            prepare: c => fault = c.Faults.AddPods(PodFault.CrashLoop, new PodSelector { NamePrefix = "my-dask-worker-gpu-" }));
        await release.PodsAsync("my-dask-worker-gpu-", static p => p is [{ Status.ContainerStatuses: [{ State.Waiting.Reason: "CrashLoopBackOff", RestartCount: >= 3 }] }]);

        // The old pod is told to crash for ever; the new template's pods are not.
        V1Pod old = (await release.PodsAsync("my-dask-worker-gpu-")).Single();
        using IDisposable still = release.Cluster.Faults.AddPods(PodFault.CrashLoop, new PodSelector { NamePrefix = old.Metadata.Name });
        fault!.Dispose();
        await release.Client.AppsV1.PatchNamespacedDeploymentAsync(
            new V1Patch("""{"spec":{"template":{"spec":{"containers":[{"name":"my-dask-worker","image":"daskdev/dask:2025.1.0"}]}}}}""", V1Patch.PatchType.StrategicMergePatch),
            "my-dask-worker-gpu", "default", cancellationToken: Token);

        await release.Helm.WaitForWorkersAsync(Long, progress, "gpu", Token);

        (await release.PodsAsync("my-dask-worker-gpu-")).Single().Spec.Containers[0].Image.Should().Be("daskdev/dask:2025.1.0");
    }

    [Fact]
    public async Task WaitForWorkersAsync_ZeroTimeOnAReadyRelease_Succeeds()
    {
        await using EmbeddedRelease release = await EmbeddedRelease.StartAsync();
        await release.Helm.WaitForWorkersAsync(Long, cancellationToken: Token);

        await release.Helm.WaitForWorkersAsync(TimeSpan.Zero, cancellationToken: Token);

        await release.Helm.ScaleAsync(3, cancellationToken: Token);
        release.WorkersConnect = false;
        await FailAsync(release, new WorkerWaitOptions { Timeout = TimeSpan.Zero });
    }

    [Fact]
    public async Task WaitForWorkersAsync_BadInput_IsTheCallersMistake()
    {
        await using EmbeddedRelease release = await EmbeddedRelease.StartAsync();

        await release.Helm.Awaiting(static h => h.WaitForWorkersAsync(TimeSpan.FromSeconds(-5))).Should().ThrowAsync<ArgumentOutOfRangeException>();
        await release.Helm.Awaiting(static h => h.WaitForWorkersAsync(workerGroup: " ")).Should().ThrowAsync<ArgumentException>();
        (await release.Helm.Awaiting(static h => h.WaitForWorkersAsync(workerGroup: "nope")).Should().ThrowAsync<WorkerGroupNotFoundException>()).Which.KnownGroups.Should().Equal("worker", "gpu");
        using CancellationTokenSource cancelled = new();
        await cancelled.CancelAsync();
        await release.Helm.Awaiting(h => h.WaitForWorkersAsync(cancellationToken: cancelled.Token)).Should().ThrowAsync<OperationCanceledException>();
    }

    /// <summary>Scales down at once: there is no real scheduler that could move results off the workers.</summary>
    private static Task ShrinkAsync(EmbeddedRelease release, int replicas, string group) =>
        release.Helm.ScaleAsync(replicas, new ScaleOptions { ScaleDown = ScaleDown.Immediate }, group, Token);

    private static async Task<WorkersNotReadyException> FailAsync(EmbeddedRelease release, WorkerWaitOptions options)
    {
        WorkersNotReadyException error = (await release.Helm.Awaiting(h => h.WaitForWorkersAsync(options, null, Token)).Should().ThrowAsync<WorkersNotReadyException>()).Which;
        TestContext.Current.TestOutputHelper?.WriteLine(error.Message);
        return error;
    }

    private sealed class Collected : IProgress<WorkerGroupProgress>
    {
        private readonly ConcurrentQueue<WorkerGroupProgress> all = new();

        public Func<WorkerGroupProgress, Task>? Then { get; set; }

        public WorkerGroupProgress[] All => [.. all];

        public WorkerGroupProgress Last(string group) => all.Last(p => p.Group == group);

        public void Report(WorkerGroupProgress value)
        {
            all.Enqueue(value);
            TestContext.Current.TestOutputHelper?.WriteLine(value.ToString());
            if (Then is { } then)
            {
                _ = Task.Run(() => then(value));
            }
        }
    }
}
