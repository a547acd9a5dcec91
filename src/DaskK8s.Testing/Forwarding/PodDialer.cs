using System.Net;
using System.Net.Sockets;
using DaskK8s.Testing.Processes;
using DaskK8s.Testing.Storage;

namespace DaskK8s.Testing.Forwarding;

/// <summary>Opens connections to ports of pods.</summary>
internal sealed class PodDialer(ObjectStore store, Func<StoredObject, PodRun?> runOf, PodNetwork network, EmbeddedClusterOptions options, PortMap map)
{
    /// <summary>Returns the pod, or throws the real server's error if it cannot be reached.</summary>
    public StoredObject Demand(ObjectKey key)
    {
        StoredObject pod = store.Get(key) ?? throw ApiException.NotFound(key);
        if (pod.Value.Text("spec", "nodeName") is null or "")
        {
            throw ApiException.BadRequest($"pod {key.Name} does not have a host assigned");
        }

        return pod;
    }

    /// <summary>Connects; an exception has the message that the kubelet sends.</summary>
    public async Task<Socket> DialAsync(StoredObject pod, int port, CancellationToken cancellationToken)
    {
        if (store.Get(pod.Key) is not { } now || now.Value.Text("status", "phase") != "Running")
        {
            throw new IOException($"error forwarding port {port} to pod {pod.Uid}, uid : container not running ({pod.Uid})");
        }

        IPEndPoint? endpoint = Target(now, port);
        Socket socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            if (endpoint is null)
            {
                throw new SocketException((int)SocketError.ConnectionRefused);
            }

            await socket.ConnectAsync(endpoint, cancellationToken).ConfigureAwait(false);
            return socket;
        }
        catch (SocketException)
        {
            socket.Dispose();
            string sandbox = pod.Uid.Replace("-", string.Empty, StringComparison.Ordinal);
            throw new IOException(
                $"error forwarding port {port} to pod {sandbox}, uid : failed to execute portforward in network namespace \"/var/run/netns/cni-{pod.Uid}\": failed to connect to localhost:{port} inside namespace \"{sandbox}\", IPv4: dial tcp4 127.0.0.1:{port}: connect: connection refused IPv6 dial tcp6: address localhost: no suitable address found ");
        }
    }

    private IPEndPoint? Target(StoredObject pod, int port)
    {
        PodPort asked = new(pod.Key.Namespace, pod.Key.Name, pod.Value.Map("metadata", "labels"), port);
        return map.Find(asked) ?? options.PortTarget?.Invoke(asked)
            ?? (runOf(pod) is { } run && run.Containers.Any(container => container.Process is not null) ? network.Endpoint(run.Address, port) : null);
    }
}
