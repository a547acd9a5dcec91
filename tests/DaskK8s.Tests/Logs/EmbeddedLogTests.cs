using System.Diagnostics;

using DaskK8s.Testing;
using DaskK8s.Tests.Rigs;
using DaskK8s.Tests.Rigs.Cluster;

using k8s;
using k8s.Models;

namespace DaskK8s.Tests.Logs;

/// <summary>Reads and follows logs of an embedded cluster; what the pods say is the test's.</summary>
public sealed class EmbeddedLogTests
{
    private static readonly TimeSpan Long = TimeSpan.FromSeconds(60);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task GetLogsAsync_AllPods_GivesTextByPodAllAtOnce()
    {
        await using EmbeddedRelease release = await StartAsync();
        V1Pod[] pods = await release.PodsAsync("my-dask-");
        foreach (V1Pod pod in pods)
        {
            release.Cluster.Pods.AppendLog("default", pod.Metadata.Name, $"I am {pod.Metadata.Name}");
            release.Cluster.Pods.AppendLog("default", pod.Metadata.Name, "  café ☕");
        }

        IDisposable slow = release.Cluster.Faults.AddHttp(new HttpFault { Resource = "pods/log", Delay = TimeSpan.FromSeconds(2) });
        Stopwatch watch = Stopwatch.StartNew();
        IReadOnlyDictionary<string, string> logs = await release.Helm.GetLogsAsync(cancellationToken: Token);

        watch.Elapsed.Should().BeLessThan(TimeSpan.FromSeconds(7), "four pods one after the other would take 8 s");
        slow.Dispose();
        watch.Restart();
        await release.Helm.GetLogsAsync(cancellationToken: Token);
        TestContext.Current.TestOutputHelper?.WriteLine($"4 pods, warm: {watch.Elapsed.TotalMilliseconds:0.0} ms");
        logs.Keys.First().Should().StartWith("my-dask-scheduler-");
        logs.Keys.Last().Should().StartWith("my-dask-worker-gpu-");
        logs.Should().HaveCount(4);
        logs.Should().AllSatisfy(static l => l.Value.Should().Be($"I am {l.Key}\n  café ☕\n"));
    }

    [Fact]
    public async Task GetLogsAsync_Filters_ChoosePodsAndLines()
    {
        await using EmbeddedRelease release = await StartAsync();
        V1Pod[] pods = await release.PodsAsync("my-dask-");
        foreach (V1Pod pod in pods)
        {
            for (int i = 1; i <= 3; i++)
            {
                release.Cluster.Pods.AppendLog("default", pod.Metadata.Name, $"line {i}");
            }
        }

        string one = pods.Last(static p => p.Metadata.Labels["component"] == "worker").Metadata.Name;
        (await GetAsync(new PodLogFilter { Component = PodComponent.Scheduler, TailLines = 2 })).Values.Should().Equal("line 2\nline 3\n");
        (await GetAsync(new PodLogFilter { Component = PodComponent.Worker })).Should().HaveCount(3);
        (await GetAsync(new PodLogFilter { WorkerGroup = "worker" })).Keys.Should().OnlyContain(static k => !k.Contains("-gpu-")).And.HaveCount(2);
        (await GetAsync(new PodLogFilter { WorkerGroup = "gpu" })).Should().ContainSingle();
        (await GetAsync(new PodLogFilter { PodName = one })).Keys.Should().Equal(one);
        (await GetAsync(new PodLogFilter { Component = PodComponent.Jupyter })).Should().BeEmpty();
        (await GetAsync(new PodLogFilter { PodName = one, MaxCharactersPerPod = 16 })).Values.Should().Equal("[DaskK8s: earlier lines are left out; see PodLogFilter.MaxCharactersPerPod]\nline 2\nline 3\n");
        await release.Helm.Awaiting(static h => h.GetLogsAsync(new PodLogFilter { WorkerGroup = "nope" })).Should().ThrowAsync<WorkerGroupNotFoundException>();
        (await release.Helm.Awaiting(static h => h.GetLogsAsync(new PodLogFilter { PodName = "nope" })).Should().ThrowAsync<KubernetesNotFoundException>()).Which.Message.Should().Contain(one);
        await release.Helm.Awaiting(static h => h.GetLogsAsync(new PodLogFilter { Follow = true })).Should().ThrowAsync<ArgumentException>();

        Task<IReadOnlyDictionary<string, string>> GetAsync(PodLogFilter filter) => release.Helm.GetLogsAsync(filter, Token);
    }

    [Fact]
    public async Task GetLogsAsync_PodsWithoutLogs_SayWhy()
    {
        await using EmbeddedRelease release = await EmbeddedRelease.StartAsync(prepare: static c =>
        {
            c.Faults.AddPods(PodFault.ImagePull, new PodSelector { NamePrefix = "my-dask-worker-gpu-" });
            c.Faults.AddPods(PodFault.Unschedulable, new PodSelector { NamePrefix = "my-dask-scheduler-" });
        });
        await release.RunningAsync("my-dask-worker-", 2);
        await release.PodsAsync("my-dask-worker-gpu-", static p => p.Single().Status.ContainerStatuses?[0].State.Waiting is not null);
        await release.PodsAsync("my-dask-scheduler-", static p => p.Single().Status.Conditions?.Any(static c => c.Reason == "Unschedulable") == true);

        IReadOnlyDictionary<string, string> logs = await release.Helm.GetLogsAsync(cancellationToken: Token);

        logs.Single(static l => l.Key.Contains("-gpu-")).Value.Should().StartWith("[DaskK8s: no log: the image daskdev/dask:2024.12.1 cannot be pulled (");
        logs.Single(static l => l.Key.Contains("-scheduler-")).Value.Should().StartWith("[DaskK8s: no log: the only node cannot take it: ");
        logs.Where(static l => !l.Key.Contains("-gpu-") && l.Key.Contains("-worker-")).Should().AllSatisfy(static l => l.Value.Should().Be("[DaskK8s: no log: it has written nothing yet]\n"));
    }

    [Fact]
    public async Task GetLogsAsync_CrashLoop_GivesThePreviousLog()
    {
        await using EmbeddedRelease release = await EmbeddedRelease.StartAsync(
            options: new EmbeddedClusterOptions { CrashBackOff = TimeSpan.FromMinutes(1) },
            prepare: static c => c.Faults.AddPods(PodFault.CrashLoop, new PodSelector { NamePrefix = "my-dask-worker-gpu-" }));
        V1Pod pod = (await release.PodsAsync("my-dask-worker-gpu-", static p => p is [{ Status.ContainerStatuses: [{ State.Waiting.Reason: "CrashLoopBackOff", RestartCount: > 0 }] }])).Single();

        IReadOnlyDictionary<string, string> logs = await release.Helm.GetLogsAsync(new PodLogFilter { WorkerGroup = "gpu" }, Token);
        IReadOnlyDictionary<string, string> never = await release.Helm.GetLogsAsync(new PodLogFilter { Component = PodComponent.Scheduler, Previous = true }, Token);

        logs[pod.Metadata.Name].Should().Contain("the container was told to crash");
        never.Values.Single().Should().Be("[DaskK8s: no previous log: the container has not been restarted]\n");
    }

    [Fact]
    public async Task GetLogsAsync_LogsForbidden_SaysWhichRule()
    {
        await using EmbeddedRelease release = await EmbeddedRelease.StartAsync(user: "viewer", prepare: static c => c.Allow("viewer", "default", ["get", "list", "watch"], "pods", "deployments"));
        await release.RunningAsync("my-dask-", 4);

        IReadOnlyDictionary<string, string> logs = await release.Helm.GetLogsAsync(cancellationToken: Token);

        logs.Values.Should().AllSatisfy(static l => l.Should().Contain("resources [\"pods/log\"], verbs [\"get\"]"));
    }

    [Fact]
    public async Task StreamLogsAsync_ManyPods_MergesByTime()
    {
        await using EmbeddedRelease release = await StartAsync();
        string[] pods = [.. (await release.PodsAsync("my-dask-")).Select(static p => p.Metadata.Name)];
        List<string> written = [];
        for (int i = 0; i < 400; i++)
        {
            string pod = pods[i * 7 % pods.Length];
            string line = $"2026-01-01 00:00:00,000 - distributed.core - INFO - {i}";
            release.Cluster.Pods.AppendLog("default", pod, line);
            written.Add($"{pod}: {line}");
            SpinWait.SpinUntil(static () => false, 1);
        }

        List<PodLogLine> lines = [];
        await foreach (PodLogLine line in release.Helm.StreamLogsAsync(cancellationToken: Token))
        {
            lines.Add(line);
        }

        lines.Select(static l => l.ToString()).Should().Equal(written);
        lines.Should().OnlyContain(static l => l.Level == "INFO" && !l.IsNotice);
        lines.Where(static l => l.Component == PodComponent.Scheduler).Should().HaveCount(100).And.OnlyContain(static l => l.Group == null);
        lines.Where(static l => l.Group == "gpu").Should().HaveCount(100);
    }

    [Fact]
    public async Task StreamLogsAsync_Follow_GoesOnThroughNewLinesRestartsAndNewPods()
    {
        await using EmbeddedRelease release = await StartAsync();
        string pod = (await release.PodsAsync("my-dask-worker-gpu-")).Single().Metadata.Name;
        release.Cluster.Pods.AppendLog("default", pod, "before");
        await using Follower follower = new(release, new PodLogFilter { WorkerGroup = "gpu", Follow = true });

        await follower.UntilAsync("before");
        release.Cluster.Pods.AppendLog("default", pod, "after");
        await follower.UntilAsync("after");
        release.Cluster.Pods.Kill("default", pod, 1);
        await release.PodsAsync("my-dask-worker-gpu-", static p => p is [{ Status.ContainerStatuses: [{ State.Running: not null, RestartCount: 1 }] }]);
        release.Cluster.Pods.AppendLog("default", pod, "second run");
        await follower.UntilAsync("second run");
        await release.Helm.ScaleAsync(2, "gpu", Token);
        V1Pod[] two = await release.RunningAsync("my-dask-worker-gpu-", 2);
        string added = two.Single(p => p.Metadata.Name != pod).Metadata.Name;
        release.Cluster.Pods.AppendLog("default", added, "new pod");
        await follower.UntilAsync("new pod");

        follower.Lines.Where(static l => !l.IsNotice).Select(static l => l.Text).Should().Equal("before", "after", "second run", "new pod");
    }

    [Fact]
    public async Task StreamLogsAsync_FollowWithConnectionsCut_LosesAndRepeatsNothing()
    {
        await using EmbeddedRelease release = await StartAsync();
        string pod = (await release.PodsAsync("my-dask-worker-gpu-")).Single().Metadata.Name;
        const int Lines = 2000;
        using IDisposable cut = release.Cluster.Faults.AddHttp(new HttpFault { Resource = "pods/log", ResetAfter = 20_000, Times = 4 });
        await using Follower follower = new(release, new PodLogFilter { PodName = pod, Follow = true });

        for (int i = 0; i < Lines; i++)
        {
            release.Cluster.Pods.AppendLog("default", pod, $"line {i}");
        }

        await follower.UntilAsync($"line {Lines - 1}");

        follower.Lines.Where(static l => !l.IsNotice).Select(static l => l.Text).Should().Equal(Enumerable.Range(0, Lines).Select(static i => $"line {i}"));
        release.Cluster.Requests.Where(static r => r.Resource == "pods/log").Should().HaveCountGreaterThan(2);
    }

    [Fact]
    public async Task StreamLogsAsync_FollowThroughAnApiServerThatIsStartedAgain_GoesOn()
    {
        await using EmbeddedRelease release = await StartAsync();
        string pod = (await release.PodsAsync("my-dask-worker-gpu-")).Single().Metadata.Name;
        release.Cluster.Pods.AppendLog("default", pod, "before");
        await using Follower follower = new(release, new PodLogFilter { WorkerGroup = "gpu", Follow = true });
        await follower.UntilAsync("before");

        await release.Cluster.Faults.StopServerAsync();
        release.Cluster.Pods.AppendLog("default", pod, "meanwhile");
        await release.Cluster.Faults.StartServerAsync(Token);
        await follower.UntilAsync("meanwhile");
        release.Cluster.Pods.AppendLog("default", pod, "after");
        await follower.UntilAsync("after");

        follower.Lines.Where(static l => !l.IsNotice).Select(static l => l.Text).Should().Equal("before", "meanwhile", "after");
    }

    [Fact]
    public async Task StreamLogsAsync_FollowNewLinesOnly_RepeatsNothingAfterACut()
    {
        await using EmbeddedRelease release = await StartAsync();
        string pod = (await release.PodsAsync("my-dask-worker-gpu-")).Single().Metadata.Name;
        release.Cluster.Pods.AppendLog("default", pod, "old");
        await using Follower follower = new(release, new PodLogFilter { WorkerGroup = "gpu", TailLines = 0, Follow = true });
        await Poll.UntilAsync(() => release.Cluster.Requests.Any(static r => r.Resource == "pods/log"));

        await release.Cluster.Faults.StopServerAsync();
        await release.Cluster.Faults.StartServerAsync(Token);
        await Poll.UntilAsync(() => release.Cluster.Requests.Count(static r => r.Resource == "pods/log") > 1);
        release.Cluster.Pods.AppendLog("default", pod, "new");
        await follower.UntilAsync("new");

        follower.Lines.Where(static l => !l.IsNotice).Select(static l => l.Text).Should().Equal("new");
    }

    [Fact]
    public async Task StreamLogsAsync_FollowCrashLoop_ShowsEachRunOnce()
    {
        await using EmbeddedRelease release = await EmbeddedRelease.StartAsync(options: new EmbeddedClusterOptions { CrashBackOff = TimeSpan.FromMilliseconds(300) });
        string pod = (await release.RunningAsync("my-dask-worker-gpu-", 1)).Single().Metadata.Name;
        await using Follower follower = new(release, new PodLogFilter { WorkerGroup = "gpu", Follow = true });
        for (int run = 0; run < 4; run++)
        {
            await release.PodsAsync("my-dask-worker-gpu-", p => p is [{ Status.ContainerStatuses: [{ State.Running: not null } status] }] && status.RestartCount == run);
            release.Cluster.Pods.AppendLog("default", pod, $"run {run}");
            await follower.UntilAsync($"run {run}");
            release.Cluster.Pods.Kill("default", pod, 1);
        }

        follower.Lines.Where(static l => !l.IsNotice).Select(static l => l.Text).Should().Equal("run 0", "run 1", "run 2", "run 3");
    }

    [Fact]
    public async Task StreamLogsAsync_FollowOnePodThatIsDeleted_Ends()
    {
        await using EmbeddedRelease release = await StartAsync();
        string pod = (await release.PodsAsync("my-dask-worker-gpu-")).Single().Metadata.Name;
        release.Cluster.Pods.AppendLog("default", pod, "last words");
        await using Follower follower = new(release, new PodLogFilter { PodName = pod, Follow = true });
        await follower.UntilAsync("last words");

        await release.Client.CoreV1.DeleteNamespacedPodAsync(pod, "default", cancellationToken: Token);

        await follower.Ended.WaitAsync(Long, Token);
    }

    [Fact]
    public async Task StreamLogsAsync_FollowPodThatWaits_SaysWhyAndGoesOn()
    {
        IDisposable? fault = null;
        await using EmbeddedRelease release = await EmbeddedRelease.StartAsync(
            prepare: c => fault = c.Faults.AddPods(PodFault.ImagePull, new PodSelector { NamePrefix = "my-dask-worker-gpu-" }));
        await release.PodsAsync("my-dask-worker-gpu-", static p => p.Length == 1);
        await using Follower follower = new(release, new PodLogFilter { WorkerGroup = "gpu", Follow = true });
        await follower.UntilAsync(static l => l.IsNotice && l.Text.Contains("cannot be pulled"));

        fault!.Dispose();
        string pod = (await release.RunningAsync("my-dask-worker-gpu-", 1)).Single().Metadata.Name;
        release.Cluster.Pods.AppendLog("default", pod, "at last");

        await follower.UntilAsync("at last");
    }

    private static async Task<EmbeddedRelease> StartAsync()
    {
        EmbeddedRelease release = await EmbeddedRelease.StartAsync();
        await release.RunningAsync("my-dask-", 4);
        return release;
    }

    /// <summary>Collects lines in the background.</summary>
    private sealed class Follower : IAsyncDisposable
    {
        private readonly CancellationTokenSource ending = CancellationTokenSource.CreateLinkedTokenSource(Token);
        private readonly Lock gate = new();
        private readonly List<PodLogLine> lines = [];
        private TaskCompletionSource more = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Follower(EmbeddedRelease release, PodLogFilter filter) => Ended = Task.Run(() => ReadAsync(release, filter));

        public Task Ended { get; }

        public PodLogLine[] Lines
        {
            get
            {
                lock (gate)
                {
                    return [.. lines];
                }
            }
        }

        public Task UntilAsync(string text) => UntilAsync(l => l.Text == text);

        public async Task UntilAsync(Func<PodLogLine, bool> condition)
        {
            using CancellationTokenSource limit = new(Long);
            while (true)
            {
                Task wait;
                lock (gate)
                {
                    if (lines.Exists(l => condition(l)))
                    {
                        return;
                    }

                    wait = more.Task;
                }

                try
                {
                    await (await Task.WhenAny(wait, Ended).WaitAsync(limit.Token));
                    Ended.IsCompleted.Should().BeFalse("the stream goes on");
                }
                catch (OperationCanceledException)
                {
                    throw new TimeoutException($"The line did not come; these did:\n{string.Join('\n', Lines.Select(static l => $"{l.IsNotice} {l}"))}");
                }
            }
        }

        public async ValueTask DisposeAsync()
        {
            await ending.CancelAsync();
            await Ended.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            ending.Dispose();
        }

        private async Task ReadAsync(EmbeddedRelease release, PodLogFilter filter)
        {
            await foreach (PodLogLine line in release.Helm.StreamLogsAsync(filter, ending.Token))
            {
                lock (gate)
                {
                    lines.Add(line);
                    more.TrySetResult();
                    more = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
                }
            }
        }
    }
}
