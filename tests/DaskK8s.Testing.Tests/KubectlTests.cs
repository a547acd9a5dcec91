using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.RegularExpressions;
using k8s;
using k8s.Models;

namespace DaskK8s.Testing.Tests;

public sealed partial class KubectlTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact(SkipUnless = nameof(Installed), Skip = Kubectl.Reason)]
    public async Task Kubectl_GetScaleLogsAndDescribe_Work()
    {
        await using EmbeddedCluster cluster = await EmbeddedCluster.StartAsync(cancellationToken: Token);
        using k8s.Kubernetes client = cluster.CreateClient();
        await new DaskRelease().InstallAsync(client, Token);
        V1Pod scheduler = (await client.ReadyPodsAsync(4)).Single(pod => pod.Metadata.Labels["component"] == "scheduler");
        cluster.Pods.AppendLog("default", scheduler.Metadata.Name, "hello");

        (await Kubectl.RunAsync(cluster, "get", "deployments,pods,services", "-l", "app=dask")).Should().Match<(int Code, string Output, string Error)>(run => run.Code == 0 && run.Output.Contains("my-dask-worker"));
        (await Kubectl.RunAsync(cluster, "scale", "deployment/my-dask-worker", "--replicas=2")).Output.Should().Contain("scaled");
        (await Kubectl.RunAsync(cluster, "logs", scheduler.Metadata.Name)).Output.Should().Be("hello\n");
        (await Kubectl.RunAsync(cluster, "rollout", "status", "deployment/my-dask-worker", "--timeout=20s")).Output.Should().Contain("successfully rolled out");
        (int code, string output, string error) = await Kubectl.RunAsync(cluster, "describe", "deployment", "my-dask-worker");
        (code, error).Should().Be((0, string.Empty));
        output.Should().Contain("ScalingReplicaSet").And.Contain("2 desired | 2 updated | 2 total | 2 available");
        (await Kubectl.RunAsync(cluster, "get", "pod", "none")).Error.Should().Contain("Error from server (NotFound): pods \"none\" not found");
        (await Kubectl.RunAsync(cluster, "delete", "deployment", "my-dask-worker", "--wait=true")).Output.Should().Contain("deleted");
    }

    [Theory(SkipUnless = nameof(Installed), Skip = Kubectl.Reason)]
    [InlineData(PortForwardTransports.All)]
    [InlineData(PortForwardTransports.Spdy)]
    [InlineData(PortForwardTransports.SpdyOverWebSocket)]
    public async Task Kubectl_PortForward_CarriesManyConnections(PortForwardTransports transports)
    {
        using EchoServer echo = new();
        await using EmbeddedCluster cluster = await EmbeddedCluster.StartAsync(new EmbeddedClusterOptions { PortForward = transports, PortTarget = port => port.Port == 8786 ? echo.Endpoint : null }, Token);
        using k8s.Kubernetes client = cluster.CreateClient();
        await new DaskRelease { Workers = 0 }.InstallAsync(client, Token);
        await client.ReadyPodsAsync(1);
        using Process process = Kubectl.Start(cluster, "port-forward", "service/my-dask-scheduler", ":8786", "--address=127.0.0.1");
        try
        {
            string? line = await process.StandardOutput.ReadLineAsync(Token).AsTask().WaitAsync(TimeSpan.FromSeconds(20), Token);
            int port = int.Parse(Port().Match(line ?? await process.StandardError.ReadToEndAsync(Token)).Groups[1].Value);

            await Task.WhenAll(Enumerable.Range(0, 8).Select(number => RoundTripAsync(port, 300_000 + number)));

            echo.Connections.Should().Be(8);
        }
        finally
        {
            process.Kill();
        }
    }

    public static bool Installed => !Kubectl.Missing;

    private static async Task RoundTripAsync(int port, int length)
    {
        using TcpClient tcp = new();
        await tcp.ConnectAsync(IPAddress.Loopback, port, Token);
        NetworkStream stream = tcp.GetStream();
        byte[] sent = new byte[length];
        Random.Shared.NextBytes(sent);
        byte[] received = new byte[length];
        Task send = stream.WriteAsync(sent, Token).AsTask();
        await stream.ReadExactlyAsync(received, Token).AsTask().WaitAsync(TimeSpan.FromSeconds(20), Token);
        await send;
        received.Should().Equal(sent);
    }

    [GeneratedRegex(@"127\.0\.0\.1:(\d+)")]
    private static partial Regex Port();
}
