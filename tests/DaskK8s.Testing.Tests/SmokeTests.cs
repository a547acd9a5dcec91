using System.Net.Sockets;
using k8s;
using k8s.Models;

namespace DaskK8s.Testing.Tests;

public sealed class SmokeTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task StartAsync_WithRelease_RunsItsPods()
    {
        await using EmbeddedCluster cluster = await EmbeddedCluster.StartAsync(cancellationToken: Token);
        using k8s.Kubernetes client = cluster.CreateClient();
        DaskRelease release = new() { Groups = [new DaskReleaseGroup { Name = "gpu-workers", DaskResources = "GPU=1", Limits = new Dictionary<string, string> { ["nvidia.com/gpu"] = "1" } }] };

        await release.InstallAsync(client, Token);
        await client.ReadyPodsAsync(5);
        await client.ScaleAsync("my-dask-worker", 5);
        IList<V1Pod> pods = await client.ReadyPodsAsync(7);

        pods.Should().OnlyContain(pod => pod.Status.PodIP != null && pod.Spec.NodeName == "node1");
        V1Deployment workers = await client.AppsV1.ReadNamespacedDeploymentAsync("my-dask-worker", "default", cancellationToken: Token);
        workers.Status.ObservedGeneration.Should().Be(workers.Metadata.Generation);
        await release.UninstallAsync(client, Token);
        await client.PodsAsync(left => left.Count == 0);
    }

    [Fact]
    public async Task PortForward_ToRealScheduler_GivesItsHandshake()
    {
        await using EmbeddedCluster cluster = await EmbeddedCluster.StartAsync(new EmbeddedClusterOptions { DaskProcesses = true }, Token);
        using k8s.Kubernetes client = cluster.CreateClient();
        await new DaskRelease { Workers = 2 }.InstallAsync(client, Token);
        IList<V1Pod> pods = await client.ReadyPodsAsync(3, seconds: 60);
        V1Pod scheduler = pods.Single(pod => pod.Metadata.Labels["component"] == "scheduler");
        string log = await LogUntilAsync(client, scheduler.Metadata.Name, "Register worker", 2);

        using System.Net.WebSockets.WebSocket socket = await client.WebSocketNamespacedPodPortForwardAsync(scheduler.Metadata.Name, "default", [8786], cancellationToken: Token);
        byte[] buffer = new byte[4096];
        List<byte> data = [];
        List<string> texts = [];
        while (data.Count < 24)
        {
            System.Net.WebSockets.ValueWebSocketReceiveResult result = await socket.ReceiveAsync(buffer.AsMemory(), Token);
            socket.CloseStatus.Should().BeNull(string.Join('|', texts));
            texts.Add($"{buffer[0]}: {System.Text.Encoding.UTF8.GetString(buffer, 1, Math.Max(0, result.Count - 1))}");
            if (buffer[0] == 0)
            {
                data.AddRange(buffer[1..result.Count]);
            }
        }

        data[..2].Should().Equal((byte)(8786 & 0xff), (byte)(8786 >> 8));
        log.Should().Contain("Scheduler at:");
    }

    private static async Task<string> LogUntilAsync(k8s.Kubernetes client, string pod, string text, int times)
    {
        using CancellationTokenSource limit = CancellationTokenSource.CreateLinkedTokenSource(Token);
        limit.CancelAfter(TimeSpan.FromSeconds(60));
        using Stream stream = await client.CoreV1.ReadNamespacedPodLogAsync(pod, "default", follow: true, cancellationToken: limit.Token);
        using StreamReader reader = new(stream);
        List<string> lines = [];
        try
        {
            while (lines.Count(line => line.Contains(text)) < times && await reader.ReadLineAsync(limit.Token) is { } line)
            {
                lines.Add(line);
            }
        }
        catch (OperationCanceledException)
        {
            throw new TimeoutException($"The log did not say '{text}' {times} times:\n{string.Join('\n', lines)}");
        }

        return string.Join('\n', lines);
    }
}
