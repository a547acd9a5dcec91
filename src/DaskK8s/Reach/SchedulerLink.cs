using System.Net;

using DaskK8s.Common;
using DaskK8s.Dask.Protocol;
using DaskK8s.Dask.Rpc;
using DaskK8s.Kubernetes;
using DaskK8s.PortForwarding;
using DaskK8s.PortForwarding.Tunnels;

using Microsoft.Extensions.Logging;

namespace DaskK8s.Reach;

/// <summary>An open connection to a scheduler: the RPC for the library's own calls and, if forwarded, the local ports for other clients.</summary>
internal sealed class SchedulerLink : IAsyncDisposable
{
    private readonly List<IAsyncDisposable> _owned = [];

    private SchedulerLink(string address, string? dashboardLink, SchedulerRpc rpc)
    {
        Address = address;
        DashboardLink = dashboardLink;
        Rpc = rpc;
        _owned.Add(rpc);
    }

    /// <summary>Gets the address for Dask clients on this machine.</summary>
    public string Address { get; }

    /// <summary>Gets the address of the dashboard, or null if only the scheduler's <c>services</c> contain it.</summary>
    public string? DashboardLink { get; }

    /// <summary>Gets the scheduler's operations. If forwarded, they use the tunnel itself, without a local port in between.</summary>
    public SchedulerRpc Rpc { get; }

    /// <summary>Gets the endpoint of <see cref="Rpc"/>.</summary>
    public required SchedulerEndpoint Endpoint { get; init; }

    /// <summary>Gets the local port of the scheduler, or null if the connection is direct.</summary>
    public PortForward? SchedulerForward { get; private init; }

    /// <summary>Gets the local port of the dashboard, or null if the connection is direct.</summary>
    public PortForward? DashboardForward { get; private init; }

    /// <summary>Gets the tunnel to the scheduler's pod, or null if the connection is direct.</summary>
    public PodTunnel? Tunnel { get; private init; }

    /// <summary>Opens a link to an address.</summary>
    public static SchedulerLink Dial(SchedulerRoute route, ReachOptions options, SchedulerAbsence? absence)
    {
        SchedulerEndpoint endpoint = SchedulerEndpoint.Parse(route.Address!, options.Tls);
        endpoint = absence?.Watch(endpoint) ?? endpoint;
        return new SchedulerLink(endpoint.Address, route.DashboardLink, CreateRpc(endpoint, options)) { Endpoint = endpoint };
    }

    /// <summary>Opens a link through the API server, and the two local ports.</summary>
    /// <exception cref="PortForwardException">A requested local port is in use.</exception>
    public static async Task<SchedulerLink> ForwardAsync(
        KubeConnection connection, SchedulerPlan plan, PodTarget? firstPod, ReachOptions options, SchedulerAbsence? absence)
    {
        ILogger logger = LoggerFor(options, "DaskK8s.Forwarding");
        ReadyPods pods = new(connection, plan.PodSelector, firstPod, options.TimeProvider);
        TunnelOptions tunnelOptions = TunnelOptions.Default with { Transport = options.Transport };
        PodTunnel tunnel = new(connection, pods, tunnelOptions, logger, options.TimeProvider);
        List<IAsyncDisposable> opened = [tunnel];
        try
        {
            PortForward scheduler = PortForward.Start(tunnel, plan.PodPort, options.LocalSchedulerPort, DaskPorts.Scheduler, logger);
            opened.Insert(0, scheduler);
            PortForward dashboard = PortForward.Start(tunnel, plan.DashboardPodPort, options.LocalDashboardPort, DaskPorts.Dashboard, logger);
            opened.Insert(0, dashboard);
            string address = $"{(options.Tls is null ? "tcp" : "tls")}://{new IPEndPoint(scheduler.LocalAddress, scheduler.LocalPort)}";
            SchedulerEndpoint endpoint = new(
                address, async ct => await tunnel.OpenAsync(plan.PodPort, ct).ConfigureAwait(false), options.Tls);
            endpoint = absence?.Watch(endpoint) ?? endpoint;
            SchedulerLink link = new(
                address, $"http://{new IPEndPoint(dashboard.LocalAddress, dashboard.LocalPort)}/status", CreateRpc(endpoint, options))
            {
                Endpoint = endpoint,
                SchedulerForward = scheduler,
                DashboardForward = dashboard,
                Tunnel = tunnel,
            };
            link._owned.AddRange(opened);
            return link;
        }
        catch
        {
            foreach (IAsyncDisposable part in opened)
            {
                await part.DisposeAsync().ConfigureAwait(false);
            }

            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (IAsyncDisposable part in _owned)
        {
            await part.DisposeAsync().ConfigureAwait(false);
        }
    }

    private static SchedulerRpc CreateRpc(SchedulerEndpoint endpoint, ReachOptions options) => new(
        endpoint, new SchedulerTimeouts { Call = options.SchedulerTimeout }, options.TimeProvider, LoggerFor(options, "DaskK8s.Scheduler"));

    private static ILogger LoggerFor(ReachOptions options, string category) =>
        GuardedLogger.Create(options.LoggerFactory, category);
}
