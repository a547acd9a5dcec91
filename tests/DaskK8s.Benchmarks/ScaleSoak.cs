using System.Diagnostics;
using System.Globalization;
using System.Text.Json.Nodes;

using DaskK8s.Testing;

using k8s;

namespace DaskK8s.Benchmarks;

/// <summary>
/// Scales two groups up and down at random while tasks run whose results are kept: the verb <c>scale-soak</c>
/// (<c>--rounds 200 [--kill] [--seed N] [--kubeconfig FILE --release NAME --namespace NS] --json OUT</c>).
/// </summary>
/// <remarks>
/// Without a kubeconfig it brings an embedded cluster with real Dask processes. With <c>--kill</c> every other scaling is made by
/// a process of its own that is killed at a random moment. Each run of a task leaves an event on the scheduler, so that a task
/// that ran twice is counted.
/// </remarks>
internal static class ScaleSoak
{
    private const string Topic = "scale-soak";

    private const string Source = $$"""
        def work(i, seconds, size):
            import time
            from distributed import get_worker
            get_worker().log_event("{{Topic}}", i)
            time.sleep(seconds)
            return [i, "x" * size]
        """;

    private static readonly TimeSpan Longest = TimeSpan.FromMinutes(3);

    public static async Task<int> RunAsync(string[] args)
    {
        int rounds = int.Parse(Argument(args, "--rounds") ?? "200", CultureInfo.InvariantCulture);
        int seed = int.Parse(Argument(args, "--seed") ?? "1", CultureInfo.InvariantCulture);
        bool kills = args.Contains("--kill");
        string release = Argument(args, "--release") ?? "my-dask";
        string @namespace = Argument(args, "--namespace") ?? "default";
        string? kubeconfig = Argument(args, "--kubeconfig");
        EmbeddedCluster? embedded = null;
        if (kubeconfig is null)
        {
            embedded = await EmbeddedCluster.StartAsync(new EmbeddedClusterOptions { DaskProcesses = true });
            kubeconfig = embedded.KubeconfigPath;
            using Kubernetes client = embedded.CreateClient();
            await new DaskRelease { Name = release, Namespace = @namespace, Workers = 2, Groups = [new DaskReleaseGroup { Name = "gpu", DaskResources = "GPU=1" }] }
                .InstallAsync(client);
        }

        try
        {
            JsonObject report = await RunAsync(kubeconfig, release, @namespace, rounds, seed, kills);
            Console.WriteLine(report.ToJsonString());
            if (Argument(args, "--json") is { } file)
            {
                await File.WriteAllTextAsync(file, report.ToJsonString());
            }

            return report["lost"]!.GetValue<int>() == 0 && report["recomputed"]!.GetValue<int>() == 0 && report["wrong_replicas"]!.GetValue<int>() == 0 ? 0 : 1;
        }
        finally
        {
            if (embedded is not null)
            {
                await embedded.DisposeAsync();
            }
        }
    }

    /// <summary>Makes one scaling and ends: the process that is killed.</summary>
    public static async Task<int> RunClientAsync(string[] args)
    {
        await using HelmCluster cluster = await ConnectAsync(args[0], args[1], args[2]);
        await cluster.ScaleAsync(int.Parse(args[4], CultureInfo.InvariantCulture), args[3]);
        return 0;
    }

    private static async Task<JsonObject> RunAsync(string kubeconfig, string release, string @namespace, int rounds, int seed, bool kills)
    {
        Random random = new(seed);
        long start = Stopwatch.GetTimestamp();
        await using HelmCluster cluster = await ConnectAsync(kubeconfig, release, @namespace);
        await cluster.WaitForWorkersAsync(Longest);
        await using DaskClient dask = await DaskClient.ConnectAsync(cluster.SchedulerAddress!);
        PythonFunction work = PythonFunction.FromSource(Source, "work");
        string first = cluster.WorkerGroups[0].Name;
        string second = cluster.WorkerGroups.Count > 1 ? cluster.WorkerGroups[1].Name : first;
        Dictionary<string, int> asked = cluster.WorkerGroups.ToDictionary(static g => g.Name, static g => g.Desired);
        List<DaskFuture<System.Text.Json.JsonElement>> futures = [];
        (int ups, int downs, int killed, int moved, int stayed, int wrong, int refused) = (0, 0, 0, 0, 0, 0, 0);
        for (int round = 1; round <= rounds; round++)
        {
            for (int i = 0; i < 6; i++)
            {
                TaskOptions? options = i == 0 && second != first && asked[second] > 0 ? new TaskOptions { Resources = new Dictionary<string, double> { ["GPU"] = 1 } } : null;
                futures.Add(await dask.SubmitAsync<System.Text.Json.JsonElement>(work, [futures.Count, random.NextDouble() * 0.4, 5000], options));
            }

            string group = random.Next(3) == 0 ? second : first;
            int replicas = group == first ? random.Next(1, 6) : random.Next(0, 3);
            if (kills && round % 2 == 0)
            {
                await KillOneAsync([kubeconfig, release, @namespace, group, replicas.ToString(CultureInfo.InvariantCulture)], TimeSpan.FromSeconds(random.NextDouble() * 4));
                killed++;
                continue;
            }

            ScaleResult result;
            try
            {
                result = await cluster.ScaleAsync(replicas, group);
            }
            catch (LosslessScaleDownException e)
            {
                // Nothing was changed: a busy machine's scheduler may have taken too long to answer.
                Console.WriteLine(FormattableString.Invariant($"round {round}: {e.Message}"));
                refused++;
                continue;
            }

            asked[group] = replicas;
            (ups, downs) = result.After > result.Before ? (ups + 1, downs) : result.After < result.Before ? (ups, downs + 1) : (ups, downs);
            moved += result.KeysMoved;
            stayed += result.NotRetired.Count;
            WorkerGroup now = (await cluster.GetWorkerGroupsAsync()).First(g => g.Name == group);
            wrong += now.Desired == replicas ? 0 : 1;
            if (round % 20 == 0 || now.Desired != replicas)
            {
                Console.WriteLine(FormattableString.Invariant(
                    $"round {round}: {group} {result.Before} -> {result.After} (asked {replicas}, is {now.Desired}) {string.Join("; ", result.NotRetired)} after {Stopwatch.GetElapsedTime(start).TotalSeconds:0} s, moved {moved} results"));
            }
        }

        await cluster.ScaleAsync(2, first);
        if (second != first)
        {
            await cluster.ScaleAsync(1, second);
        }

        int lost = 0;
        for (int i = 0; i < futures.Count; i++)
        {
            try
            {
                lost += (await futures[i].ResultAsync(Longest))[0].GetInt32() == i ? 0 : 1;
            }
            catch (Exception e) when (e is DaskK8sException or TimeoutException)
            {
                Console.WriteLine($"task {i}: {e.Message}");
                lost++;
                foreach (WorkerInfo worker in (await cluster.GetSchedulerInfoAsync()).Workers)
                {
                    Console.WriteLine($"  {worker.Address} of {worker.Group}: {worker.Status}, {worker.Tasks}");
                }

                foreach (WorkerPod pod in (await cluster.GetWorkerGroupsAsync()).SelectMany(static g => g.Pods))
                {
                    Console.WriteLine($"  {pod}");
                }

                string events = string.Join(" ", (await dask.GetEventsAsync(Topic)).Select((e, at) => (e, at)).Where(e => e.e.Data.GetInt32() == i).Select(static e => $"ran at {e.e.Time:HH:mm:ss}"));
                Console.WriteLine($"  {events}; key {futures[i].Key}");
                IReadOnlyList<DaskLogEntry> log = await dask.GetSchedulerLogAsync(2000);
                Console.WriteLine(string.Join("\n", log.Where(l => l.ToString().Contains(futures[i].Key, StringComparison.Ordinal) || l.ToString().Contains("etir", StringComparison.Ordinal)).TakeLast(60)));
            }
        }

        IReadOnlyList<DaskEvent> runs = await dask.GetEventsAsync(Topic);
        int recomputed = runs.Count - runs.Select(static r => r.Data.GetInt32()).Distinct().Count();
        return new JsonObject
        {
            ["rounds"] = rounds,
            ["scale_ups"] = ups,
            ["scale_downs"] = downs,
            ["killed"] = killed,
            ["tasks"] = futures.Count,
            ["runs"] = runs.Count,
            ["keys_moved"] = moved,
            ["not_retired"] = stayed,
            ["refused"] = refused,
            ["lost"] = lost,
            ["recomputed"] = recomputed,
            ["wrong_replicas"] = wrong,
            ["seconds"] = Math.Round(Stopwatch.GetElapsedTime(start).TotalSeconds, 1),
        };
    }

    private static async Task KillOneAsync(string[] arguments, TimeSpan after)
    {
        // Its start is not what is to be hit.
        using Process process = Process.Start(new ProcessStartInfo(Environment.ProcessPath!, ["scale-soak-client", .. arguments]) { RedirectStandardError = true, RedirectStandardOutput = true })!;
        using CancellationTokenSource limit = new(after + TimeSpan.FromMilliseconds(600));
        try
        {
            await process.WaitForExitAsync(limit.Token);
        }
        catch (OperationCanceledException)
        {
            process.Kill();
            await process.WaitForExitAsync();
        }
    }

    private static Task<HelmCluster> ConnectAsync(string kubeconfig, string release, string @namespace) => HelmCluster.ConnectAsync(
        release,
        new HelmClusterOptions { KubeconfigPath = kubeconfig, Namespace = @namespace, SchedulerAccess = SchedulerAccess.Forward, LocalSchedulerPort = 0, LocalDashboardPort = 0 });

    private static string? Argument(string[] args, string name)
    {
        int at = Array.IndexOf(args, name);
        return at >= 0 && at + 1 < args.Length ? args[at + 1] : null;
    }
}
