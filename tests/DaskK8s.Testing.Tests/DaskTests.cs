using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text.Json.Nodes;

using DaskK8s.Tests.Rigs;
using k8s;
using k8s.Models;

namespace DaskK8s.Testing.Tests;

/// <summary>Real Dask processes. Nothing here is skipped where Dask is missing: the embedded default needs it.</summary>
public sealed class DaskTests
{
    private static readonly DaskReleaseGroup Gpus = new() { Name = "gpu", DaskResources = "GPU=1", Limits = new Dictionary<string, string> { ["nvidia.com/gpu"] = "1" } };

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Workers_RegisterWithTheirPodsAddressesAndResources()
    {
        await using EmbeddedCluster cluster = await EmbeddedCluster.StartAsync(new EmbeddedClusterOptions { DaskProcesses = true }, Token);
        using k8s.Kubernetes client = cluster.CreateClient();
        await new DaskRelease { Workers = 2, Groups = [Gpus] }.InstallAsync(client, Token);
        IList<V1Pod> pods = await client.ReadyPodsAsync(4, seconds: 60);

        JsonObject workers = await WorkersAsync(pods, 3);

        IEnumerable<string> hosts = workers.Select(worker => new Uri(worker.Key).Host);
        hosts.Should().BeEquivalentTo(pods.Where(pod => pod.Metadata.Labels["component"] == "worker").Select(pod => pod.Status.PodIP));
        string gpu = pods.Single(pod => pod.Metadata.Name.Contains("-gpu-")).Status.PodIP;
        workers.Single(worker => new Uri(worker.Key).Host == gpu).Value!["resources"]!["GPU"]!.GetValue<double>().Should().Be(1);
        workers.Should().OnlyContain(worker => worker.Value!["memory_limit"]!.GetValue<long>() == 512_000_000 && worker.Value["nthreads"]!.GetValue<int>() == 1);
    }

    [Fact]
    public async Task KilledWorker_IsRestartedAndRegistersAgain()
    {
        await using EmbeddedCluster cluster = await EmbeddedCluster.StartAsync(new EmbeddedClusterOptions { DaskProcesses = true }, Token);
        using k8s.Kubernetes client = cluster.CreateClient();
        await new DaskRelease { Workers = 1 }.InstallAsync(client, Token);
        IList<V1Pod> pods = await client.ReadyPodsAsync(2, seconds: 60);
        string before = (await WorkersAsync(pods, 1)).Single().Key;
        string worker = pods.Single(pod => pod.Metadata.Labels["component"] == "worker").Metadata.Name;
        int? process = cluster.Pods.ProcessId("default", worker);

        cluster.Pods.Kill("default", worker);

        await client.PodsAsync(all => all.Any(pod => pod.Metadata.Name == worker && pod.Status.ContainerStatuses[0].RestartCount == 1 && pod.IsReady()), seconds: 30);
        await Poll.UntilAsync(async () => (await WorkersAsync(pods, 1)).Single().Key != before);
        cluster.Pods.ProcessId("default", worker).Should().NotBe(process);
        V1Pod restarted = await client.CoreV1.ReadNamespacedPodAsync(worker, "default", cancellationToken: Token);
        restarted.Status.ContainerStatuses[0].LastState.Terminated.ExitCode.Should().Be(137);
    }

    [Fact]
    public async Task DeletedScheduler_IsReplacedAndTheWorkersFindTheNewOne()
    {
        await using EmbeddedCluster cluster = await EmbeddedCluster.StartAsync(new EmbeddedClusterOptions { DaskProcesses = true, CrashBackOff = TimeSpan.FromMilliseconds(100) }, Token);
        using k8s.Kubernetes client = cluster.CreateClient();
        await new DaskRelease { Workers = 2 }.InstallAsync(client, Token);
        IList<V1Pod> pods = await client.ReadyPodsAsync(3, seconds: 60);
        await WorkersAsync(pods, 2);
        V1Pod scheduler = pods.Single(pod => pod.Metadata.Labels["component"] == "scheduler");

        await client.CoreV1.DeleteNamespacedPodAsync(scheduler.Metadata.Name, "default", cancellationToken: Token);

        IList<V1Pod> after = await client.PodsAsync(all => all.Count == 3 && all.All(pod => pod.IsReady()) && all.All(pod => pod.Metadata.Uid != scheduler.Metadata.Uid), seconds: 60);
        (await WorkersAsync(after, 2)).Should().HaveCount(2);
    }

    [Fact]
    public async Task ScaleDown_StopsTheProcessesOfTheDeletedPods()
    {
        int[] processes;
        await using (EmbeddedCluster cluster = await EmbeddedCluster.StartAsync(new EmbeddedClusterOptions { DaskProcesses = true }, Token))
        {
            using k8s.Kubernetes client = cluster.CreateClient();
            await new DaskRelease { Workers = 2 }.InstallAsync(client, Token);
            IList<V1Pod> pods = await client.ReadyPodsAsync(3, seconds: 60);
            await WorkersAsync(pods, 2);
            processes = [.. pods.Select(pod => cluster.Pods.ProcessId("default", pod.Metadata.Name)!.Value)];
            processes.Should().OnlyContain(id => IsAlive(id));

            await client.ScaleAsync("my-dask-worker", 1);
            IList<V1Pod> left = await client.ReadyPodsAsync(2, seconds: 60);
            await Poll.UntilAsync(() => processes.Count(IsAlive) == 2);
            (await WorkersAsync(left, 1)).Should().ContainSingle();
        }

        await Poll.UntilAsync(() => !processes.Any(IsAlive));
    }

    [Fact]
    public async Task KilledParent_LeavesNoProcess()
    {
        using Process parent = Process.Start(new ProcessStartInfo(Environment.ProcessPath!) { RedirectStandardOutput = true, UseShellExecute = false, Environment = { [DoomedParent.Switch] = "1" } })!;
        string[] words = (await parent.StandardOutput.ReadLineAsync(Token).AsTask().WaitAsync(TimeSpan.FromSeconds(60), Token))!.Split(' ');
        words[0].Should().Be("running");
        int[] processes = [.. words[1..].Select(int.Parse)];
        processes.Should().HaveCount(3).And.OnlyContain(id => IsAlive(id));

        // SIGKILL: nothing of the parent's own code runs any more.
        parent.Kill(entireProcessTree: false);
        await parent.WaitForExitAsync(Token);

        await Poll.UntilAsync(() => !processes.Any(IsAlive));
    }

    [Fact]
    public async Task Workers_UnderTheNanny_FindTheSchedulerByName()
    {
        await using EmbeddedCluster cluster = await EmbeddedCluster.StartAsync(new EmbeddedClusterOptions { DaskProcesses = true, UseNanny = true }, Token);
        using k8s.Kubernetes client = cluster.CreateClient();
        await new DaskRelease { Workers = 1 }.InstallAsync(client, Token);
        IList<V1Pod> pods = await client.ReadyPodsAsync(2, seconds: 60);

        (await WorkersAsync(pods, 1)).Single().Value!["nanny"]!.GetValue<string>().Should().StartWith("tcp://127.");
    }

    [Fact]
    public async Task StartAsync_PythonWithoutDask_SaysHowToInstallIt()
    {
        Func<Task> start = async () => await (await EmbeddedCluster.StartAsync(new EmbeddedClusterOptions { DaskProcesses = true, Python = "/nowhere/python" }, Token)).DisposeAsync();

        (await start.Should().ThrowAsync<DaskNotFoundException>()).WithMessage("*/nowhere/python*apt-get install python3-distributed*");
    }

    private static bool IsAlive(int id)
    {
        try
        {
            using Process process = Process.GetProcessById(id);
            return !process.HasExited && !(File.Exists($"/proc/{id}/stat") && File.ReadAllText($"/proc/{id}/stat").Contains(") Z "));
        }
        catch (Exception e) when (e is ArgumentException or IOException)
        {
            return false;
        }
    }

    /// <summary>Asks the scheduler itself, over its HTTP port, until it knows as many workers.</summary>
    private static async Task<JsonObject> WorkersAsync(IList<V1Pod> pods, int count)
    {
        string address = pods.Single(pod => pod.Metadata.Labels["component"] == "scheduler").Status.PodIP;
        using HttpClient http = new();
        JsonObject? workers = null;
        for (int i = 0; i < 300; i++)
        {
            try
            {
                workers = JsonNode.Parse(await http.GetStringAsync(new Uri($"http://{address}:8787/json/identity.json"), Token))!["workers"]!.AsObject();
                if (workers.Count == count)
                {
                    return workers;
                }
            }
            catch (HttpRequestException)
            {
                // It does not listen yet.
            }

            await Task.Delay(100, Token);
        }

        throw new TimeoutException($"The scheduler knows {workers?.Count} workers and not {count}.");
    }
}
