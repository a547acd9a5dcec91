using DaskK8s.Kubernetes;
using DaskK8s.Kubernetes.Config;
using DaskK8s.PortForwarding;
using DaskK8s.PortForwarding.Tunnels;

using Microsoft.Extensions.Logging.Abstractions;

namespace DaskK8s.Benchmarks.Tunnel;

/// <summary>Forwards a free local port to the data pod until it is killed: the verb <c>forward</c>, the library as a process of its own.</summary>
internal static class ForwardVerb
{
    public static async Task<int> RunAsync(string[] args)
    {
        Arguments arguments = new(args);
        KubeConnection connection = await KubeConnectionFactory.OpenAsync(
            new KubeConfigOptions { KubeconfigPath = arguments.Require("kubeconfig"), Namespace = arguments.Require("namespace") },
            CancellationToken.None);
        TunnelOptions options = new() { Transport = Enum.Parse<PortForwardTransport>(arguments.Find("transport") ?? "Auto") };
        await using PodTunnel tunnel = new(connection, new ReadyPods(connection, $"app={DataPod.Name}"), options, NullLogger.Instance);
        await using PortForward forward = PortForward.Start(tunnel, DataPod.Port, 0, 0, NullLogger.Instance);
        Console.WriteLine($"Forwarding from 127.0.0.1:{forward.LocalPort} -> {DataPod.Port}");

        // The parent's end of the pipe goes with the parent.
        await Console.OpenStandardInput().CopyToAsync(Stream.Null);
        return 0;
    }
}
