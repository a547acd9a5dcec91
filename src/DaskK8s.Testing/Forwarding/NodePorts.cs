using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Text.Json.Nodes;
using DaskK8s.Testing.Processes;
using DaskK8s.Testing.Storage;

namespace DaskK8s.Testing.Forwarding;

/// <summary>Does kube-proxy's part for node ports: listens on the node's address and passes connections on to a ready pod.</summary>
internal sealed class NodePorts : IAsyncDisposable
{
    private readonly ObjectStore _store;
    private readonly PodDialer _dialer;
    private readonly IPAddress _node;
    private readonly ConcurrentDictionary<(ObjectKey Service, int Port), TcpListener> _listeners = new();
    private readonly CancellationTokenSource _stop = new();

    public NodePorts(ObjectStore store, PodDialer dialer, IPAddress node)
    {
        (_store, _dialer, _node) = (store, dialer, node);
        _store.Listen(OnChange);
    }

    public async ValueTask DisposeAsync()
    {
        _store.Unlisten(OnChange);
        await _stop.CancelAsync().ConfigureAwait(false);
        foreach (TcpListener listener in _listeners.Values)
        {
            listener.Dispose();
        }

        _stop.Dispose();
    }

    private void OnChange(StoreEvent change)
    {
        StoredObject service = change.Object;
        if (service.Key.Type != ResourceTypes.Services)
        {
            return;
        }

        HashSet<int> wanted = change.Kind == StoreEventKind.Deleted
            ? []
            : [.. service.Value.Objects("spec", "ports").Select(port => (int?)port.Number("nodePort")).OfType<int>()];
        foreach ((ObjectKey Service, int Port) known in _listeners.Keys.Where(known => known.Service == service.Key && !wanted.Contains(known.Port)))
        {
            if (_listeners.TryRemove(known, out TcpListener? listener))
            {
                listener.Dispose();
            }
        }

        foreach (int port in wanted.Where(port => !_listeners.ContainsKey((service.Key, port))))
        {
            Open(service.Key, port);
        }
    }

    private void Open(ObjectKey service, int port)
    {
        TcpListener listener = new(_node, port);
        try
        {
            listener.Start();
        }
        catch (SocketException)
        {
            // Something else of this machine has the port; the Service is there all the same, as with a real proxy that cannot bind.
            listener.Dispose();
            return;
        }

        _listeners[(service, port)] = listener;
        _ = AcceptAsync(listener, service, port);
    }

    private async Task AcceptAsync(TcpListener listener, ObjectKey service, int port)
    {
        try
        {
            while (true)
            {
                Socket client = await listener.AcceptSocketAsync(_stop.Token).ConfigureAwait(false);
                _ = PassOnAsync(client, service, port);
            }
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            // The Service or the cluster is gone.
        }
    }

    private async Task PassOnAsync(Socket client, ObjectKey key, int nodePort)
    {
        using (client)
        {
            try
            {
                if (_store.Get(key) is not { } service
                    || service.Value.Objects("spec", "ports").FirstOrDefault(port => port.Number("nodePort") == nodePort) is not JsonObject asked
                    || ServiceTargets.ReadyPods(_store, service).FirstOrDefault() is not { } pod
                    || ServiceTargets.Port(pod, asked) is not { } target)
                {
                    return;
                }

                using Socket server = await _dialer.DialAsync(pod, target, _stop.Token).ConfigureAwait(false);
                NetworkStream near = new(client), far = new(server);
                await using (near.ConfigureAwait(false))
                await using (far.ConfigureAwait(false))
                {
                    await Task.WhenAny(near.CopyToAsync(far, _stop.Token), far.CopyToAsync(near, _stop.Token)).ConfigureAwait(false);
                }
            }
            catch (Exception e) when (e is IOException or SocketException or OperationCanceledException or ObjectDisposedException)
            {
                // The connection ends with either side.
            }
        }
    }
}
