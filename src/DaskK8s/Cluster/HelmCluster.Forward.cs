using DaskK8s.PortForwarding;
using DaskK8s.PortForwarding.Tunnels;

using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace DaskK8s;

public sealed partial class HelmCluster
{
    private readonly List<IAsyncDisposable> _forwards = [];

    /// <summary>Opens a local port to a port of the scheduler's pod, or of Jupyter's.</summary>
    /// <param name="remotePort">The port in the pod.</param>
    /// <param name="localPort">The port of 127.0.0.1 that it must be; null or 0 for a free one.</param>
    /// <param name="component">The pod to reach.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    /// <returns>The forward; it is closed with the cluster object at the latest.</returns>
    /// <exception cref="ArgumentOutOfRangeException">A port is no port, or the component is neither the scheduler nor Jupyter.</exception>
    /// <exception cref="PortForwardException">The local port is taken.</exception>
    public Task<PortForward> ForwardAsync(
        int remotePort, int? localPort = null, PodComponent component = PodComponent.Scheduler, CancellationToken cancellationToken = default)
    {
        ObjectDisposedException.ThrowIf(_disposed != 0, this);
        cancellationToken.ThrowIfCancellationRequested();
        ArgumentOutOfRangeException.ThrowIfLessThan(remotePort, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(remotePort, ushort.MaxValue);
        ArgumentOutOfRangeException.ThrowIfNegative(localPort ?? 0, nameof(localPort));
        ArgumentOutOfRangeException.ThrowIfGreaterThan(localPort ?? 0, ushort.MaxValue, nameof(localPort));
        ILogger logger = (_options.LoggerFactory ?? NullLoggerFactory.Instance).CreateLogger("DaskK8s.Forwarding");
        PodTunnel tunnel = component switch
        {
            PodComponent.Scheduler when _link?.Tunnel is { } open => open,
            PodComponent.Scheduler => NewTunnel(_plan!.Scheduler.PodSelector, logger),
            PodComponent.Jupyter => NewTunnel(_plan!.JupyterSelector ?? $"release={_releaseName},component=jupyter", logger),
            _ => throw new ArgumentOutOfRangeException(nameof(component), component, "Only the scheduler's and Jupyter's pods can be forwarded."),
        };
        PortForward forward = PortForward.Start(tunnel, remotePort, localPort ?? 0, remotePort, logger);
        lock (_forwards)
        {
            _forwards.Insert(0, forward);
        }

        return Task.FromResult(forward);
    }

    private PodTunnel NewTunnel(string selector, ILogger logger)
    {
        PodTunnel tunnel = new(
            _requests.Connection,
            new ReadyPods(_requests.Connection, selector, null, _options.TimeProvider),
            TunnelOptions.Default with { Transport = _options.Transport },
            logger,
            _options.TimeProvider);
        lock (_forwards)
        {
            _forwards.Add(tunnel);
        }

        return tunnel;
    }

    private async ValueTask CloseForwardsAsync()
    {
        IAsyncDisposable[] forwards;
        lock (_forwards)
        {
            forwards = [.. _forwards];
            _forwards.Clear();
        }

        foreach (IAsyncDisposable forward in forwards)
        {
            await forward.DisposeAsync().ConfigureAwait(false);
        }
    }
}
