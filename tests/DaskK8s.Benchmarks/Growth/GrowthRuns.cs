using System.Diagnostics;

using DaskK8s.Testing;

using k8s;
using k8s.Models;

namespace DaskK8s.Benchmarks.Growth;

/// <summary>The runs of the growth benchmark, on one server; what is compared takes turns.</summary>
internal sealed class GrowthRuns(GrowthServer server, int pairs)
{
    private const string Release = "my-dask";
    private const int Added = 100;

    private readonly k8s.Kubernetes _client = new(KubernetesClientConfiguration.BuildConfigFromConfigFile(server.Kubeconfig)) { HttpClient = { Timeout = TimeSpan.FromMinutes(5) } };

    /// <summary>Installs a large release and a small one, and tells how long the server takes to have all pods ready.</summary>
    public async Task<IReadOnlyList<GrowthFigure>> FillAsync(int pods)
    {
        await InstallAsync(new DaskRelease { Namespace = "small", Workers = 10 });
        await InstallAsync(new DaskRelease { Namespace = "thousand", Workers = 0 });
        List<GrowthFigure> figures = [];
        foreach ((string name, string inNamespace, int count, double goal) in new[] { ("embedded_1000", "thousand", 1000, 10.0), ("embedded_10000", "large", pods, 120.0) })
        {
            await InstallAsync(new DaskRelease { Namespace = inNamespace, Workers = 0 });
            TimeSpan before = server.ProcessorTime;
            long start = Stopwatch.GetTimestamp();
            await ScaleAsync(inNamespace, count);
            await WaitAsync(inNamespace, count);
            figures.Add(new GrowthFigure(name, "s", "", goal, [Stopwatch.GetElapsedTime(start).TotalSeconds], []));
            figures.Add(new GrowthFigure($"{name}_processor", "s", "", goal * 2, [(server.ProcessorTime - before).TotalSeconds], []));
            figures.Add(new GrowthFigure($"{name}_memory", "MiB", "", 4096, [server.Mebibytes], []));
        }

        await ScaleAsync("thousand", 0);
        return figures;
    }

    public async Task InstallAsync(DaskRelease release)
    {
        try
        {
            await release.InstallAsync(_client);
        }
        catch (k8s.Autorest.HttpOperationException e) when (e.Response.StatusCode == System.Net.HttpStatusCode.Conflict)
        {
            // It is there already.
        }
    }

    public Task ScaleAsync(string inNamespace, int replicas) => _client.AppsV1.PatchNamespacedDeploymentAsync(
        new V1Patch($$"""{ "spec": { "replicas": {{replicas}} } }""", V1Patch.PatchType.MergePatch), $"{Release}-worker", inNamespace);

    /// <summary>Waits until the Deployment has as many pods ready; it is asked, not watched, so that the server works for its pods.</summary>
    public async Task WaitAsync(string inNamespace, int ready)
    {
        while ((await _client.AppsV1.ReadNamespacedDeploymentAsync($"{Release}-worker", inNamespace)).Status?.ReadyReplicas.GetValueOrDefault() != ready)
        {
            await Task.Delay(100);
        }
    }

    /// <summary>Compares connecting to two releases, in time and in allocated bytes.</summary>
    public async Task<IReadOnlyList<GrowthFigure>> CompareConnectAsync(string name, string large, string small, string against)
    {
        (double[] ours, double[] theirs) = (new double[pairs], new double[pairs]);
        (double[] ourBytes, double[] theirBytes) = (new double[pairs], new double[pairs]);
        await ConnectAsync(large);
        await ConnectAsync(small);
        for (int i = 0; i < pairs; i++)
        {
            (ours[i], ourBytes[i]) = await ConnectAsync(large);
            (theirs[i], theirBytes[i]) = await ConnectAsync(small);
        }

        return
        [
            new GrowthFigure(name, "ms", against, 1.3, ours, theirs),
            new GrowthFigure($"{name}_bytes", "MiB allocated", against, 1.3, ourBytes, theirBytes),
        ];
    }

    public async Task<GrowthFigure> CompareWithKubectlAsync(string program, string inNamespace)
    {
        Kubectl kubectl = new(program, server.Kubeconfig, inNamespace);
        (double[] ours, double[] theirs) = (new double[pairs], new double[pairs]);
        await kubectl.ForwardToFirstByteAsync($"{Release}-scheduler", 8786);
        for (int i = 0; i < pairs; i++)
        {
            (ours[i], _) = await ConnectAsync(inNamespace);
            theirs[i] = (await kubectl.ForwardToFirstByteAsync($"{Release}-scheduler", 8786)).TotalMilliseconds;
        }

        return new GrowthFigure("connect_kubectl", "ms", "kubectl port-forward", 1, ours, theirs);
    }

    /// <summary>Compares the whole call of one more pod.</summary>
    public async Task<GrowthFigure> CompareGrowingAsync(string large, string small)
    {
        await using HelmCluster many = await HelmCluster.ConnectAsync(Release, Options(large));
        await using HelmCluster few = await HelmCluster.ConnectAsync(Release, Options(small));
        (double[] ours, double[] theirs) = (new double[pairs], new double[pairs]);
        for (int i = -1; i < pairs; i++)
        {
            (double first, double second) = (await GrowAsync(many), await GrowAsync(few));
            if (i >= 0)
            {
                (ours[i], theirs[i]) = (first, second);
            }
        }

        return new GrowthFigure("grow", "ms", "10 pods", 1.5, ours, theirs);
    }

    /// <summary>Compares the whole call of one pod less, without a loss; the first one of each lists the pods and does not count.</summary>
    public async Task<GrowthFigure> CompareShrinkingAsync(string large, string small)
    {
        await using ScriptedScheduler scheduler = await ScriptedScheduler.StartAsync();
        foreach (string inNamespace in (string[])[large, small])
        {
            V1PodList pods = await _client.CoreV1.ListNamespacedPodAsync(inNamespace, labelSelector: "component=worker");
            await scheduler.AddAsync(pods.Items.Select(static p => p.Status.PodIP));
        }

        await using HelmCluster many = await HelmCluster.ConnectAsync(Release, Options(large) with { SchedulerAddress = scheduler.Address });
        await using HelmCluster few = await HelmCluster.ConnectAsync(Release, Options(small) with { SchedulerAddress = scheduler.Address });
        int turns = Math.Min(pairs, 7);
        (double[] ours, double[] theirs) = (new double[turns], new double[turns]);
        for (int i = -1; i < turns; i++)
        {
            (double first, double second) = (await ShrinkAsync(many), await ShrinkAsync(few));
            if (i >= 0)
            {
                (ours[i], theirs[i]) = (first, second);
            }
            else
            {
                Console.WriteLine(FormattableString.Invariant($"The first shrinking takes {first:0} ms and {second:0} ms."));
            }
        }

        return new GrowthFigure("shrink", "ms", "10 pods", 3, ours, theirs);
    }

    /// <summary>Counts what a wait receives while pods come, beside what the events of these pods hold: a second watch tells that.</summary>
    public async Task<IReadOnlyList<GrowthFigure>> MeasureWaitAsync(string inNamespace)
    {
        V1Deployment before = await _client.AppsV1.ReadNamespacedDeploymentAsync($"{Release}-worker", inNamespace);
        int replicas = before.Spec.Replicas!.Value;
        await WaitAsync(inNamespace, replicas);

        using ByteCounter counter = new();
        using k8s.Kubernetes counted = new(KubernetesClientConfiguration.BuildConfigFromConfigFile(server.Kubeconfig), counter);
        await using HelmCluster cluster = await HelmCluster.ConnectAsync(
            Release, new HelmClusterOptions { Kubernetes = counted, Namespace = inNamespace, SchedulerAccess = SchedulerAccess.None, RequestTimeout = TimeSpan.FromMinutes(2), MaxReplicas = 20_000 });
        using ByteCounter watching = new();
        using k8s.Kubernetes watcher = new(KubernetesClientConfiguration.BuildConfigFromConfigFile(server.Kubeconfig), watching);

        await server.DoAsync($"hold {Release}-worker");
        int requestsBefore = counter.Requests;
        await ScaleAsync(inNamespace, replicas + 1);
        Task waiting = cluster.WaitForWorkersAsync(TimeSpan.FromMinutes(5));
        while (counter.Requests < requestsBefore + 4)
        {
            await Task.Delay(50);
        }

        // Both watches are open before the first of the pods comes that count.
        await Task.Delay(2000);
        long bytesBefore = counter.Bytes;
        string version = (await _client.CoreV1.ListNamespacedPodAsync(inNamespace, limit: 1)).Metadata.ResourceVersion;
        using HttpRequestMessage request = new(HttpMethod.Get, new Uri(watcher.BaseUri, $"api/v1/namespaces/{inNamespace}/pods?watch=true&labelSelector=release%3D{Release}&resourceVersion={version}"));
        await (watcher.Credentials?.ProcessHttpRequestAsync(request, CancellationToken.None) ?? Task.CompletedTask);
        using HttpResponseMessage response = await watcher.HttpClient.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        using CancellationTokenSource enough = new();
        Task draining = (await response.Content.ReadAsStreamAsync()).CopyToAsync(Stream.Null, enough.Token);

        await ScaleAsync(inNamespace, replicas + Added);
        await server.DoAsync("lift");
        await waiting;
        double received = counter.Bytes - bytesBefore;
        int requests = counter.Requests - requestsBefore;
        await Task.Delay(1000);
        double events = watching.Bytes;
        await enough.CancelAsync();
        await draining.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);

        int completion = await CountCompletionAsync(cluster, counter, replicas + Added + 1);
        return
        [
            new GrowthFigure("wait_bytes", "KiB a pod", "events of these pods", 1.2, [received / Added / 1024], [events / Added / 1024]),
            new GrowthFigure("wait_requests", "requests", "", 6, [requests], []),
            new GrowthFigure("completion_requests", "requests", "", 6, [completion], []),
        ];
    }

    /// <summary>Compares the last lines of all pods, and measures the memory that they take.</summary>
    public async Task<IReadOnlyList<GrowthFigure>> CompareLogsAsync(string program, string inNamespace)
    {
        await using HelmCluster cluster = await HelmCluster.ConnectAsync(Release, Options(inNamespace));
        PodLogFilter filter = new() { WorkerGroup = "worker", TailLines = 10 };
        int turns = Math.Min(pairs, 5);
        (double[] ours, double[] theirs, double[] memory, double[] first) = (new double[turns], new double[turns], new double[turns], new double[turns]);
        for (int i = -1; i < turns; i++)
        {
            (double time, double peak, double line) = await ReadLogsAsync(cluster, filter);
            long start = Stopwatch.GetTimestamp();
            using (Process kubectl = Process.Start(new ProcessStartInfo(
                program,
                ["--kubeconfig", server.Kubeconfig, "--namespace", inNamespace, "logs", "-l", $"release={Release},component=worker", "--max-log-requests", "1000", "--tail", "10", "--prefix"])
            {
                RedirectStandardOutput = true,
            })!)
            {
                await kubectl.StandardOutput.ReadToEndAsync();
                await kubectl.WaitForExitAsync();
            }

            if (i >= 0)
            {
                (ours[i], memory[i], first[i]) = (time, peak, line);
                theirs[i] = Stopwatch.GetElapsedTime(start).TotalMilliseconds;
            }
        }

        return
        [
            new GrowthFigure("logs", "ms", "kubectl logs", 1, ours, theirs),
            new GrowthFigure("logs_memory", "MiB over idle", "", 64, memory, []),
            new GrowthFigure("logs_first", "ms", "", 1000, first, []),
        ];
    }

    public async Task<IReadOnlyList<GrowthFigure>> MeasureDiscoveryAsync(int releases)
    {
        await Parallel.ForAsync(0, releases, new ParallelOptions { MaxDegreeOfParallelism = 4 }, async (i, _) =>
            await new DaskRelease { Namespace = $"team-{i}", Workers = 0, Revision = 10 }.InstallAsync(_client));
        double[] seconds = new double[pairs];
        double[] bytes = new double[pairs];
        for (int i = 0; i < pairs; i++)
        {
            using ByteCounter counter = new();
            using k8s.Kubernetes counted = new(KubernetesClientConfiguration.BuildConfigFromConfigFile(server.Kubeconfig), counter);
            long start = Stopwatch.GetTimestamp();
            DiscoveryResult found = await HelmCluster.DiscoverAsync(new HelmClusterOptions { Kubernetes = counted, RequestTimeout = TimeSpan.FromMinutes(2) }, allNamespaces: true);
            seconds[i] = Stopwatch.GetElapsedTime(start).TotalSeconds;
            bytes[i] = counter.Bytes / 1024.0 / found.Releases.Count;
            if (found.Releases.Count != releases)
            {
                throw new InvalidOperationException($"{found.Releases.Count} releases were found of {releases}.");
            }
        }

        return
        [
            new GrowthFigure("discover", "s", "", 5, seconds, []),
            new GrowthFigure("discover_bytes", "KiB a release", "", 2, bytes, []),
        ];
    }

    private static async Task<double> GrowAsync(HelmCluster cluster)
    {
        int replicas = cluster.WorkerGroups[0].Desired;
        ScaleResult last = await cluster.ScaleAsync(await NowAsync(cluster, replicas) + 1);
        long start = Stopwatch.GetTimestamp();
        await cluster.ScaleAsync(last.After + 1);
        return Stopwatch.GetElapsedTime(start).TotalMilliseconds;
    }

    private static async Task<double> ShrinkAsync(HelmCluster cluster)
    {
        int replicas = await NowAsync(cluster, cluster.WorkerGroups[0].Desired);
        long start = Stopwatch.GetTimestamp();
        ScaleResult result = await cluster.ScaleAsync(replicas - 1);
        double time = Stopwatch.GetElapsedTime(start).TotalMilliseconds;
        return result.Retired.Count == 1 ? time : throw new InvalidOperationException($"The group did not shrink by one: {string.Join(' ', result.NotRetired)}");
    }

    private static async Task<int> NowAsync(HelmCluster cluster, int known)
    {
        IReadOnlyList<WorkerGroupDrift> drift = await cluster.GetDriftAsync();
        return drift.Count > 0 ? drift[0].Live : known;
    }

    private static async Task<int> CountCompletionAsync(HelmCluster cluster, ByteCounter counter, int replicas)
    {
        int before = counter.Requests;
        ScaleResult result = await cluster.ScaleAsync(replicas, new ScaleOptions { WaitForCompletion = true, CompletionTimeout = TimeSpan.FromMinutes(5) });
        int after = counter.Requests;
        await cluster.ScaleAsync(replicas + 1);
        int scaling = counter.Requests - after;
        return result.IsComplete == true ? after - before - scaling : throw new InvalidOperationException("The scaling was not complete in time.");
    }

    private static async Task<(double Time, double Peak, double First)> ReadLogsAsync(HelmCluster cluster, PodLogFilter filter)
    {
        GC.Collect();
        using Process self = Process.GetCurrentProcess();
        long idle = self.WorkingSet64;
        long peak = idle;
        using CancellationTokenSource end = new();
        Task watching = Task.Run(async () =>
        {
            while (!end.IsCancellationRequested)
            {
                self.Refresh();
                peak = Math.Max(peak, self.WorkingSet64);
                await Task.Delay(20);
            }
        });
        long start = Stopwatch.GetTimestamp();
        double first = 0;
        int lines = 0;
        await foreach (PodLogLine line in cluster.StreamLogsAsync(filter))
        {
            first = lines++ == 0 ? Stopwatch.GetElapsedTime(start).TotalMilliseconds : first;
        }

        double time = Stopwatch.GetElapsedTime(start).TotalMilliseconds;
        await end.CancelAsync();
        await watching;
        return lines >= 10_000 ? (time, (peak - idle) / 1024.0 / 1024.0, first) : throw new InvalidOperationException($"{lines} lines came.");
    }

    private HelmClusterOptions Options(string inNamespace) => new()
    {
        KubeconfigPath = server.Kubeconfig,
        Namespace = inNamespace,
        LocalSchedulerPort = 0,
        LocalDashboardPort = 0,
        RequestTimeout = TimeSpan.FromMinutes(2),
        MaxReplicas = 20_000,
    };

    private async Task<(double Milliseconds, double Mebibytes)> ConnectAsync(string inNamespace)
    {
        long allocated = GC.GetTotalAllocatedBytes(precise: true);
        long start = Stopwatch.GetTimestamp();
        await using HelmCluster cluster = await HelmCluster.ConnectAsync(Release, Options(inNamespace));
        double time = Stopwatch.GetElapsedTime(start).TotalMilliseconds;
        double bytes = (GC.GetTotalAllocatedBytes(precise: true) - allocated) / 1024.0 / 1024.0;
        return cluster.SchedulerInfo is not null ? (time, bytes) : throw new InvalidOperationException("The scheduler was not reached.");
    }
}
