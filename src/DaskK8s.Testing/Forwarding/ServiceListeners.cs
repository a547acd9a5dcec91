using System.Net;
using System.Net.Sockets;
using System.Text.Json.Nodes;
using DaskK8s.Testing.Processes;
using DaskK8s.Testing.Storage;

namespace DaskK8s.Testing.Forwarding;

/// <summary>
/// Listens where Services can be reached from outside the cluster: on the node's address for node ports, and on a load balancer's loopback address.
/// A port that cannot be opened (below 1024 without permission, or in use) is skipped, as if a firewall blocked it.
/// </summary>
internal sealed class ServiceListeners : IDisposable
{
    private readonly ObjectStore _store;
    private readonly PodDialer _dialer;
    private readonly PodNetwork _network;
    private readonly Lock _gate = new();
    private readonly Dictionary<IPEndPoint, Listener> _listeners = [];

    public ServiceListeners(ObjectStore store, PodDialer dialer, PodNetwork network)
    {
        (_store, _dialer, _network) = (store, dialer, network);
        _store.Listen(OnChange);
    }

    public void Dispose()
    {
        _store.Unlisten(OnChange);
        lock (_gate)
        {
            foreach (Listener listener in _listeners.Values)
            {
                listener.Dispose();
            }

            _listeners.Clear();
        }
    }

    /// <summary>Starts to listen before the response to the Service's creation is sent.</summary>
    private void OnChange(StoreEvent change)
    {
        if (change.Object.Key.Type == ResourceTypes.Services)
        {
            Sync();
        }
    }

    private void Sync()
    {
        Dictionary<IPEndPoint, (ObjectKey Service, int Port)> wanted = [];
        foreach (StoredObject service in _store.List(ResourceTypes.Services).Items)
        {
            foreach (JsonObject port in service.Value.Objects("spec", "ports"))
            {
                int number = (int)(port.Number("port") ?? 0);
                if (port.Number("nodePort") is { } nodePort)
                {
                    wanted[new IPEndPoint(_network.Node, (int)nodePort)] = (service.Key, number);
                }

                foreach (JsonObject ingress in service.Value.Objects("status", "loadBalancer", "ingress"))
                {
                    if (IPAddress.TryParse(ingress.Text("ip"), out IPAddress? address) && IPAddress.IsLoopback(address))
                    {
                        wanted[new IPEndPoint(address, number)] = (service.Key, number);
                    }
                }
            }
        }

        lock (_gate)
        {
            foreach ((IPEndPoint endpoint, Listener listener) in _listeners.Where(open => !wanted.TryGetValue(open.Key, out (ObjectKey, int) same) || same != (open.Value.Service, open.Value.Port)).ToList())
            {
                _listeners.Remove(endpoint);
                listener.Dispose();
            }

            foreach ((IPEndPoint endpoint, (ObjectKey service, int port)) in wanted.Where(open => !_listeners.ContainsKey(open.Key)))
            {
                Socket socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
                try
                {
                    socket.Bind(endpoint);
                    socket.Listen(64);
                    Listener listener = new(service, port, socket);
                    _listeners[endpoint] = listener;
#pragma warning disable CA2025 // Disposing the listener is what ends it.
                    _ = AcceptAsync(listener);
#pragma warning restore CA2025
                }
                catch (SocketException)
                {
                    socket.Dispose();
                }
            }
        }
    }

    private async Task AcceptAsync(Listener listener)
    {
        try
        {
            while (true)
            {
                Socket accepted = await listener.Socket.AcceptAsync(listener.Closed).ConfigureAwait(false);
                _ = ServeAsync(listener, accepted);
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException or OperationCanceledException)
        {
        }
    }

    private async Task ServeAsync(Listener listener, Socket accepted)
    {
        using Socket client = accepted;
        try
        {
            if (_store.Get(listener.Service) is not { } service
                || service.Value.Objects("spec", "ports").FirstOrDefault(port => port.Number("port") == listener.Port) is not { } servicePort
                || ServiceTargets.ReadyPods(_store, service).FirstOrDefault() is not { } pod
                || ServiceTargets.Port(pod, servicePort) is not { } target)
            {
                return;
            }

            using Socket server = await _dialer.DialAsync(pod, target, listener.Closed).ConfigureAwait(false);
            await Task.WhenAll(CopyAsync(client, server, listener.Closed), CopyAsync(server, client, listener.Closed)).ConfigureAwait(false);
        }
        catch (Exception e) when (e is IOException or SocketException or ObjectDisposedException or OperationCanceledException)
        {
            // Closing the client's socket says it all.
        }
    }

    private static async Task CopyAsync(Socket from, Socket to, CancellationToken closed)
    {
        byte[] buffer = new byte[32 * 1024];
        int read;
        while ((read = await from.ReceiveAsync(buffer, closed).ConfigureAwait(false)) > 0)
        {
            ReadOnlyMemory<byte> rest = buffer.AsMemory(0, read);
            while (rest.Length > 0)
            {
                rest = rest[await to.SendAsync(rest, closed).ConfigureAwait(false)..];
            }
        }

        to.Shutdown(SocketShutdown.Send);
    }

    private sealed class Listener(ObjectKey service, int port, Socket socket) : IDisposable
    {
        private readonly CancellationTokenSource _closed = new();

        public ObjectKey Service { get; } = service;

        public int Port { get; } = port;

        public Socket Socket { get; } = socket;

        public CancellationToken Closed => _closed.Token;

        public void Dispose()
        {
            _closed.Cancel();
            Socket.Dispose();
            _closed.Dispose();
        }
    }
}
