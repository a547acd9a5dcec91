using DaskK8s;
using DaskK8s.Testing;

using k8s;

namespace AdaptiveScalingSample;

/// <summary>Starts from no GPU worker, submits 20 tasks that need one and 200 that do not, and waits until both groups are small again.</summary>
internal static class Demonstration
{
    private const string Source = """
        def work(i, seconds):
            import time
            from distributed import get_worker
            time.sleep(seconds)
            return get_worker().address
        """;

    public static async Task<int> RunAsync(string file)
    {
        await using EmbeddedCluster kubernetes = await EmbeddedCluster.StartAsync(new EmbeddedClusterOptions { DaskProcesses = true });
        using k8s.Kubernetes client = kubernetes.CreateClient();
        await new DaskRelease { Workers = 1, Groups = [new DaskReleaseGroup { Name = "gpu-workers", DaskResources = "GPU=1" }] }.InstallAsync(client);
        await using HelmCluster cluster = await HelmCluster.ConnectAsync("my-dask", new HelmClusterOptions { KubeconfigPath = kubernetes.KubeconfigPath });
        await cluster.WaitForWorkersAsync();
        await cluster.ScaleAsync(0, "gpu-workers");
        await using DaskClient dask = await DaskClient.ConnectAsync(
            cluster.SchedulerAddress!, new DaskClientOptions { NoWorkerTimeout = TimeSpan.FromMinutes(5) });
        await using AdaptiveScaling adaptive = await cluster.AdaptAsync(new AdaptiveOptions
        {
            Groups = { ["worker"] = (1, 4), ["gpu-workers"] = (0, 2) },
            Interval = TimeSpan.FromSeconds(1),
            TargetDuration = TimeSpan.FromSeconds(5),
            CoolDown = TimeSpan.FromSeconds(5),
        });
        adaptive.Decided += (_, e) => Console.WriteLine(e.Decision);

        PythonFunction work = PythonFunction.FromSource(Source, "work");
        TaskOptions onGpu = new() { Resources = new Dictionary<string, double> { ["GPU"] = 1 } };
        using DaskFutureList<string> gpu = await dask.StarMapAsync<string>(work, Enumerable.Range(0, 20).Select(i => (IReadOnlyList<object?>)[i, 1.0]), onGpu);
        using DaskFutureList<string> plain = await dask.StarMapAsync<string>(work, Enumerable.Range(0, 200).Select(i => (IReadOnlyList<object?>)[i, 0.2]));
        IReadOnlyList<string> gpuPlaces = await dask.GatherAsync<string>(gpu);
        IReadOnlyList<string> plainPlaces = await dask.GatherAsync<string>(plain);
        Console.WriteLine($"20 GPU tasks ran on {gpuPlaces.Distinct().Count()} workers, 200 plain ones on {plainPlaces.Distinct().Count()}.");

        using CancellationTokenSource limit = new(TimeSpan.FromMinutes(5));
        while (!(await cluster.GetWorkerGroupsAsync(limit.Token)).All(static g => g.Desired == (g.IsDefault ? 1 : 0) && g.Pods.Count == g.Desired))
        {
            await Task.Delay(TimeSpan.FromSeconds(1), limit.Token);
        }

        // The curve shall show it, too.
        while (!adaptive.Trace.TakeLast(4).All(static s => s.Replicas == s.Ready && s.Replicas == (s.WorkerGroup == "worker" ? 1 : 0)))
        {
            await Task.Delay(TimeSpan.FromSeconds(1), limit.Token);
        }

        IReadOnlyList<string> again = await dask.GatherAsync<string>(gpu);
        Console.WriteLine($"Both groups are at their minimum, and {again.Count} GPU results are still there.");
        await File.WriteAllTextAsync(file, TracePlot.Draw(adaptive.Trace));
        return 0;
    }
}
