using DaskK8s.Common;
using DaskK8s.Kubernetes;
using DaskK8s.PortForwarding.Tunnels;

using Microsoft.Extensions.Logging;

namespace DaskK8s.PortForwarding;

/// <summary>The forwards of an object, closed no later than the object itself.</summary>
internal sealed class ForwardList(KubeConnection connection, PortForwardTransport transport, TimeProvider time, ILogger logger, Lifetime lifetime) : IAsyncDisposable
{
    private readonly List<PortForward> _forwards = [];

    /// <summary>Gets the number of open forwards.</summary>
    public int Count
    {
        get
        {
            lock (_forwards)
            {
                return _forwards.Count;
            }
        }
    }

    /// <summary>Opens a local port over a tunnel that its owner closes.</summary>
    public Task<PortForward> OpenAsync(PodTunnel shared, int remotePort, int localPort) => OpenAsync(shared, isShared: true, remotePort, localPort);

    /// <summary>Opens a local port to the ready pod that a selector matches.</summary>
    public Task<PortForward> OpenAsync(string selector, int remotePort, int localPort) => OpenAsync(
        new PodTunnel(connection, new ReadyPods(connection, selector, null, time), TunnelOptions.Default with { Transport = transport }, logger, time),
        isShared: false,
        remotePort,
        localPort);

    public async ValueTask DisposeAsync()
    {
        PortForward[] forwards;
        lock (_forwards)
        {
            forwards = [.. _forwards];
            _forwards.Clear();
        }

        foreach (PortForward forward in forwards)
        {
            await forward.DisposeAsync().ConfigureAwait(false);
        }
    }

    /// <summary>Opens the port; a tunnel that is not shared belongs to the forward and is closed with it.</summary>
    private async Task<PortForward> OpenAsync(PodTunnel tunnel, bool isShared, int remotePort, int localPort)
    {
        PortForward forward;
        try
        {
            forward = PortForward.Start(tunnel, remotePort, localPort, remotePort, logger, ForgetAsync);
        }
        catch when (!isShared)
        {
            await tunnel.DisposeAsync().ConfigureAwait(false);
            throw;
        }

        lock (_forwards)
        {
            _forwards.Add(forward);
        }

        if (lifetime.HasEnded)
        {
            await forward.DisposeAsync().ConfigureAwait(false);
            lifetime.ThrowIfEnded();
        }

        return forward;

        async ValueTask ForgetAsync(PortForward closed)
        {
            lock (_forwards)
            {
                _forwards.Remove(closed);
            }

            if (!isShared)
            {
                await tunnel.DisposeAsync().ConfigureAwait(false);
            }
        }
    }
}
