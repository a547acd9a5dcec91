namespace DaskK8s;

public sealed partial class HelmCluster
{
    /// <summary>Gets the number of open forwards of <see cref="ForwardAsync"/>.</summary>
    internal int OpenForwards => _forwards.Count;

    /// <summary>Forwards a local port to a port of the scheduler's or Jupyter's pod.</summary>
    /// <param name="remotePort">The port in the pod.</param>
    /// <param name="localPort">The local port on 127.0.0.1; null or 0 for any free port.</param>
    /// <param name="component">The pod to reach.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <returns>The forward. It is closed with the cluster object at the latest.</returns>
    /// <exception cref="ArgumentOutOfRangeException">A port is out of range, or the component is neither the scheduler nor Jupyter.</exception>
    /// <exception cref="PortForwardException">The local port is in use.</exception>
    public Task<PortForward> ForwardAsync(
        int remotePort, int? localPort = null, PodComponent component = PodComponent.Scheduler, CancellationToken cancellationToken = default)
    {
        _lifetime.ThrowIfEnded();
        cancellationToken.ThrowIfCancellationRequested();
        ArgumentOutOfRangeException.ThrowIfLessThan(remotePort, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(remotePort, ushort.MaxValue);
        ArgumentOutOfRangeException.ThrowIfNegative(localPort ?? 0, nameof(localPort));
        ArgumentOutOfRangeException.ThrowIfGreaterThan(localPort ?? 0, ushort.MaxValue, nameof(localPort));
        return component switch
        {
            PodComponent.Scheduler when _link?.Tunnel is { } shared => _forwards.OpenAsync(shared, remotePort, localPort ?? 0),
            PodComponent.Scheduler => _forwards.OpenAsync(_state.Plan.Scheduler.PodSelector, remotePort, localPort ?? 0),
            PodComponent.Jupyter => _forwards.OpenAsync(_state.Plan.JupyterSelector ?? $"release={_releaseName},component=jupyter", remotePort, localPort ?? 0),
            _ => throw new ArgumentOutOfRangeException(nameof(component), component, "Only the scheduler's and Jupyter's pods can be forwarded."),
        };
    }
}
