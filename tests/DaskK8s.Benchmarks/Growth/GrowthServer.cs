using System.Diagnostics;

using DaskK8s.Testing;

using k8s;
using k8s.Models;

namespace DaskK8s.Benchmarks.Growth;

/// <summary>
/// The embedded Kubernetes in a process of its own, so that its work and its memory are nobody else's: the verb <c>growth-server</c>.
/// It prints its kubeconfig's path and obeys a command a line, with a line for an answer.
/// </summary>
internal sealed class GrowthServer : IAsyncDisposable
{
    private readonly Process _process;

    private GrowthServer(Process process, string kubeconfig) => (_process, Kubeconfig) = (process, kubeconfig);

    public string Kubeconfig { get; }

    public TimeSpan ProcessorTime
    {
        get
        {
            _process.Refresh();
            return _process.TotalProcessorTime;
        }
    }

    public double Mebibytes
    {
        get
        {
            _process.Refresh();
            return _process.WorkingSet64 / 1024.0 / 1024.0;
        }
    }

    public static async Task<GrowthServer> StartAsync()
    {
        (string program, string[] arguments) = ChildProcess.CommandOf("growth-server");
        Process process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardInput = true, RedirectStandardOutput = true })!;
        return new GrowthServer(process, await process.StandardOutput.ReadLineAsync() ?? throw new InvalidOperationException("The server did not start."));
    }

    /// <summary>Sends the server a command: <c>hold PREFIX</c> keeps new pods from being scheduled, <c>lift</c> ends that, <c>log NAMESPACE LINES</c> writes into all logs.</summary>
    public async Task DoAsync(string command)
    {
        await _process.StandardInput.WriteLineAsync(command);
        await _process.StandardInput.FlushAsync();
        if (await _process.StandardOutput.ReadLineAsync() != "done")
        {
            throw new InvalidOperationException($"The server did not do '{command}'.");
        }
    }

    public async ValueTask DisposeAsync()
    {
        _process.StandardInput.Close();
        await _process.WaitForExitAsync();
        _process.Dispose();
    }

    /// <summary>Serves until its input ends.</summary>
    public static async Task<int> RunAsync(string[] args)
    {
        await using ScriptedScheduler few = await ScriptedScheduler.StartAsync();
        await few.AddAsync(Hosts(10));
        await using ScriptedScheduler many = await ScriptedScheduler.StartAsync();
        await many.AddAsync(Hosts(10_000));
        await using EmbeddedCluster cluster = await EmbeddedCluster.StartAsync(new EmbeddedClusterOptions
        {
            NodeCpu = "1000000",
            NodeMemory = "1Pi",
            HistoryLimit = 50_000,
            PortTarget = p => p.Port != 8786 ? null : p.Namespace == "large" ? many.EndPoint : few.EndPoint,
        });
        using k8s.Kubernetes client = cluster.CreateClient();
        Console.WriteLine(cluster.KubeconfigPath);
        IDisposable? held = null;
        while (await Console.In.ReadLineAsync() is { } line)
        {
            string[] words = line.Split(' ');
            switch (words[0])
            {
                case "hold":
                    held = cluster.Faults.AddPods(PodFault.Unschedulable, new PodSelector { NamePrefix = words[1] });
                    break;
                case "lift":
                    held?.Dispose();
                    break;
                case "log":
                    await WriteLogsAsync(cluster, client, words[1], int.Parse(words[2], System.Globalization.CultureInfo.InvariantCulture));
                    break;
            }

            Console.WriteLine("done");
        }

        return 0;
    }

    private static IEnumerable<string> Hosts(int count) => Enumerable.Range(0, count).Select(static i => $"10.9.{i / 250}.{i % 250}");

    private static async Task WriteLogsAsync(EmbeddedCluster cluster, k8s.Kubernetes client, string inNamespace, int lines)
    {
        V1PodList pods = await client.CoreV1.ListNamespacedPodAsync(inNamespace);
        for (int i = 0; i < lines; i++)
        {
            foreach (V1Pod pod in pods.Items)
            {
                cluster.Pods.AppendLog(inNamespace, pod.Metadata.Name, $"distributed.worker - INFO - line {i} of a worker that says what it does");
            }
        }
    }
}
