using DaskK8s.Common;
using DaskK8s.PortForwarding;
using DaskK8s.PortForwarding.Tunnels;

using Microsoft.Extensions.Logging;

namespace DaskK8s;

public sealed partial class HelmCluster
{
    private readonly List<PortForward> _forwards = [];

    /// <summary>Gets how many forwards of <see cref="ForwardAsync"/> are open.</summary>
    internal int OpenForwards
    {
        get
        {
            lock (_forwards)
            {
                return _forwards.Count;
            }
        }
    }

    /// <summary>Opens a local port to a port of the scheduler's pod, or of Jupyter's.</summary>
    /// <param name="remotePort">The port in the pod.</param>
    /// <param name="localPort">The port of 127.0.0.1 that it must be; null or 0 for a free one.</param>
    /// <param name="component">The pod to reach.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    /// <returns>The forward; it is closed with the cluster object at the latest.</returns>
    /// <exception cref="ArgumentOutOfRangeException">A port is out of range, or the component is neither the scheduler nor Jupyter.</exception>
    /// <exception cref="PortForwardException">The local port is taken.</exception>
    public Task<PortForward> ForwardAsync(
        int remotePort, int? localPort = null, PodComponent component = PodComponent.Scheduler, CancellationToken cancellationToken = default)
    {
        _lifetime.ThrowIfEnded();
        cancellationToken.ThrowIfCancellationRequested();
        ArgumentOutOfRangeException.ThrowIfLessThan(remotePort, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(remotePort, ushort.MaxValue);
        ArgumentOutOfRangeException.ThrowIfNegative(localPort ?? 0, nameof(localPort));
        ArgumentOutOfRangeException.ThrowIfGreaterThan(localPort ?? 0, ushort.MaxValue, nameof(localPort));
        ILogger logger = GuardedLogger.Create(_options.LoggerFactory, "DaskK8s.Forwarding");
        PodTunnel? shared = component == PodComponent.Scheduler ? _link?.Tunnel : null;
        PodTunnel tunnel = shared ?? component switch
        {
            PodComponent.Scheduler => NewTunnel(_plan!.Scheduler.PodSelector, logger),
            PodComponent.Jupyter => NewTunnel(_plan!.JupyterSelector ?? $"release={_releaseName},component=jupyter", logger),
            _ => throw new ArgumentOutOfRangeException(nameof(component), component, "Only the scheduler's and Jupyter's pods can be forwarded."),
        };
        return StartForwardAsync(tunnel, isShared: shared is not null, remotePort, localPort ?? 0, logger);
    }

    /// <summary>Opens the port; a tunnel that is not shared belongs to the forward and ends with it.</summary>
    private async Task<PortForward> StartForwardAsync(PodTunnel tunnel, bool isShared, int remotePort, int localPort, ILogger logger)
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

        if (_lifetime.HasEnded)
        {
            await forward.DisposeAsync().ConfigureAwait(false);
            _lifetime.ThrowIfEnded();
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

    private PodTunnel NewTunnel(string selector, ILogger logger) => new(
        _requests.Connection,
        new ReadyPods(_requests.Connection, selector, null, _options.TimeProvider),
        TunnelOptions.Default with { Transport = _options.Transport },
        logger,
        _options.TimeProvider);

    private async ValueTask CloseForwardsAsync()
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
}
