using System.Globalization;
using System.Net;
using System.Net.Sockets;

using DaskK8s.Dask.Protocol;
using DaskK8s.Kubernetes;

using k8s;
using k8s.Models;

using Microsoft.Extensions.Logging;

namespace DaskK8s.Reach;

/// <summary>Selects how to connect to a release's scheduler.</summary>
/// <param name="requests">The requests to the API server.</param>
/// <param name="options">The allowed ways to connect.</param>
/// <param name="isInCluster">Whether this program runs in the cluster.</param>
/// <param name="logger">The logger.</param>
/// <param name="waitsFor">Receives what the selection is waiting for, and null when the wait is over; null to ignore it.</param>
internal sealed class SchedulerLocator(KubeRequests requests, ReachOptions options, bool isInCluster, ILogger logger, Action<string?>? waitsFor = null)
{
    private const string ClusterIP = "ClusterIP";
    private const string NodePort = "NodePort";
    private const string LoadBalancer = "LoadBalancer";

    private string Namespace => requests.Connection.Namespace;

    private string Scheme => options.Tls is null ? "tcp" : "tls";

    /// <summary>Selects the route; calls the API server only for what the selection needs.</summary>
    /// <param name="plan">The scheduler of the release.</param>
    /// <param name="cancellationToken">Ends the wait for a LoadBalancer's address.</param>
    /// <returns>The route.</returns>
    /// <exception cref="SchedulerUnreachableException">There is no route of the requested kind.</exception>
    public async Task<SchedulerRoute> LocateAsync(SchedulerPlan plan, CancellationToken cancellationToken)
    {
        SchedulerRoute route = await ChooseAsync(plan, cancellationToken).ConfigureAwait(false);
        ReachLog.RouteChosen(logger, route.Address ?? route.Kind.ToString(), route.Reason);
        if (route is { Kind: SchedulerRouteKind.Direct, Address: { } address } && !address.StartsWith("tls:", StringComparison.Ordinal) && IsPublic(new Uri(address).Host))
        {
            ReachLog.PublicWithoutTls(logger, address);
        }

        return route;
    }

    /// <summary>Determines whether an address can be reached from outside, rather than being private to the cluster or machine.</summary>
    internal static bool IsPublic(string host)
    {
        if (!IPAddress.TryParse(host, out IPAddress? ip))
        {
            return !(host is "localhost" || !host.Contains('.', StringComparison.Ordinal)
                || host.EndsWith(".svc", StringComparison.Ordinal) || host.EndsWith(".local", StringComparison.Ordinal)
                || host.EndsWith(".internal", StringComparison.Ordinal));
        }

        if (ip.IsIPv4MappedToIPv6)
        {
            ip = ip.MapToIPv4();
        }

        if (IPAddress.IsLoopback(ip) || ip.IsIPv6LinkLocal || ip.IsIPv6UniqueLocal)
        {
            return false;
        }

        byte[] b = ip.GetAddressBytes();
        return ip.AddressFamily != AddressFamily.InterNetwork
            || !(b[0] == 10 || (b[0] == 172 && b[1] is >= 16 and < 32) || (b[0] == 192 && b[1] == 168) || (b[0] == 169 && b[1] == 254)
                || (b[0] == 100 && b[1] is >= 64 and < 128));
    }

    private async Task<SchedulerRoute> ChooseAsync(SchedulerPlan plan, CancellationToken cancellationToken)
    {
        if (options.SchedulerAddress is { } given)
        {
            return Direct(given, "the options name it");
        }

        if (options.SchedulerAccess == SchedulerAccess.None)
        {
            return new SchedulerRoute(SchedulerRouteKind.None, "the options say so");
        }

        if (!plan.IsEnabled)
        {
            return plan.CustomAddress is { } custom
                ? options.SchedulerAccess == SchedulerAccess.Forward
                    ? throw new SchedulerUnreachableException(
                        custom,
                        $"The release has no scheduler of its own to forward to; its workers use {custom} (worker.custom_scheduler_url). "
                        + $"Set an address that can be reached from here: HelmClusterOptions.{nameof(ReachOptions.SchedulerAddress)}.")
                    : Elsewhere(custom)
                : throw new SchedulerUnreachableException(
                    plan.ServiceName,
                    $"The release has no scheduler of its own (scheduler.enabled is false) and names no other (worker.custom_scheduler_url). " +
                    $"Name it: HelmClusterOptions.{nameof(ReachOptions.SchedulerAddress)}.");
        }

        if (options is { NodeHost: { } node, NodePort: { } nodePort, SchedulerAccess: not SchedulerAccess.Forward })
        {
            // Nothing is left to ask the API server, so no right is needed.
            return Direct(Address(node, nodePort), "the options name the node and its port");
        }

        return options.SchedulerAccess switch
        {
            SchedulerAccess.Forward => new SchedulerRoute(SchedulerRouteKind.Forward, "the options say so"),
            SchedulerAccess.Direct => await DirectAsync(plan, cancellationToken).ConfigureAwait(false),
            _ => await AutoAsync(plan, cancellationToken).ConfigureAwait(false),
        };
    }

    private async Task<SchedulerRoute> AutoAsync(SchedulerPlan plan, CancellationToken cancellationToken)
    {
        if (isInCluster)
        {
            return ServiceRoute(plan) with { MayFallBackToForward = true };
        }

        V1Service? service = null;
        string? type = plan.ServiceType;
        bool isNodeGiven = options.NodeHost is not null || options.NodePort is not null;
        if (type is null or LoadBalancer)
        {
            try
            {
                service = await ReadServiceAsync(plan, cancellationToken).ConfigureAwait(false);
                type ??= service.Spec?.Type;
            }
            catch (KubernetesApiException e) when (!isNodeGiven && e is KubernetesForbiddenException or KubernetesNotFoundException)
            {
                return new SchedulerRoute(SchedulerRouteKind.Forward, "reading the Service is not allowed");
            }
        }

        if (type == NodePort && isNodeGiven)
        {
            return await DirectAsync(plan with { ServiceType = type }, cancellationToken).ConfigureAwait(false);
        }

        if (type == LoadBalancer)
        {
            return service is not null && AddressOf(service) is { } host
                ? Balanced(plan, host) with { MayFallBackToForward = true }
                : new SchedulerRoute(SchedulerRouteKind.Forward, "the LoadBalancer has no address yet");
        }

        return new SchedulerRoute(SchedulerRouteKind.Forward, $"the Service is of type {type ?? "unknown"}");
    }

    private async Task<SchedulerRoute> DirectAsync(SchedulerPlan plan, CancellationToken cancellationToken)
    {
        if (isInCluster)
        {
            return ServiceRoute(plan);
        }

        V1Service? service = null;
        string type = plan.ServiceType ?? "";
        if (type.Length == 0)
        {
            service = await ReadServiceAsync(plan, cancellationToken).ConfigureAwait(false);
            type = service.Spec?.Type ?? ClusterIP;
        }

        switch (type)
        {
            case LoadBalancer:
                return Balanced(plan, await WaitForAddressAsync(plan, cancellationToken).ConfigureAwait(false));
            case NodePort:
                string host = options.NodeHost ?? await ReadyNodeAsync(cancellationToken).ConfigureAwait(false);
                int port = options.NodePort
                    ?? PortOf(service ?? await ReadServiceAsync(plan, cancellationToken).ConfigureAwait(false), plan.Port)
                    ?? throw new SchedulerUnreachableException(plan.ServiceName, $"The Service {plan.ServiceName} in namespace {Namespace} has no node port.");
                return Direct(Address(host, port), "the Service is of type NodePort");
            default:
                service ??= await ReadServiceAsync(plan, cancellationToken).ConfigureAwait(false);
                return Direct(Address(service.Spec?.ClusterIP ?? plan.ServiceName, plan.Port), "the Service's cluster address was requested");
        }
    }

    private SchedulerRoute ServiceRoute(SchedulerPlan plan)
    {
        // The short form resolves in any pod of the cluster whatever its cluster domain is called.
        string host = $"{plan.ServiceName}.{Namespace}.svc";
        return Direct(Address(host, plan.Port), "this runs in a pod of the cluster") with { DashboardLink = LinkTo(host, plan.DashboardPort) };
    }

    private SchedulerRoute Balanced(SchedulerPlan plan, string host) =>
        Direct(Address(host, plan.Port), "the LoadBalancer has an address") with { DashboardLink = LinkTo(host, plan.DashboardPort) };

    /// <summary>Returns the route to the scheduler that the release's workers are configured to use.</summary>
    private SchedulerRoute Elsewhere(string custom)
    {
        string address = custom.Contains("://", StringComparison.Ordinal) ? custom : $"{Scheme}://{custom}";
        try
        {
            _ = SchedulerEndpoint.Parse(address);
        }
        catch (ArgumentException)
        {
            throw new SchedulerUnreachableException(
                custom,
                $"The release's workers are configured to use the scheduler '{custom}' (worker.custom_scheduler_url), which is not an address that can be dialled. "
                + $"Name it: HelmClusterOptions.{nameof(ReachOptions.SchedulerAddress)}.");
        }

        return Direct(address, "the release has no scheduler of its own; its workers use this one");
    }

    private static SchedulerRoute Direct(string address, string reason) => new(SchedulerRouteKind.Direct, reason) { Address = address };

    private string Address(string host, int port)
    {
        string bracketed = host.Contains(':', StringComparison.Ordinal) ? $"[{host}]" : host;
        return string.Create(CultureInfo.InvariantCulture, $"{Scheme}://{bracketed}:{port}");
    }

    private static string? LinkTo(string host, int? port) => port switch
    {
        null => null,
        80 => $"http://{host}/status",
        _ => string.Create(CultureInfo.InvariantCulture, $"http://{host}:{port}/status"),
    };

    private static string? AddressOf(V1Service service) => service.Status?.LoadBalancer?.Ingress is [{ } first, ..]
        ? string.IsNullOrEmpty(first.Ip) ? first.Hostname : first.Ip
        : null;

    private static int? PortOf(V1Service service, int port) =>
        service.Spec?.Ports?.FirstOrDefault(p => p.Port == port)?.NodePort;

    private Task<V1Service> ReadServiceAsync(SchedulerPlan plan, CancellationToken cancellationToken) => requests.RunAsync(
        new KubernetesApiCall("get", "services", "", Namespace, plan.ServiceName),
        (client, ct) => client.CoreV1.ReadNamespacedServiceAsync(plan.ServiceName, Namespace, cancellationToken: ct),
        cancellationToken);

    private async Task<string> WaitForAddressAsync(SchedulerPlan plan, CancellationToken cancellationToken)
    {
        string selector = $"metadata.name={plan.ServiceName}";
        await foreach (Followed<V1Service> services in KubeWatch.FollowAsync(
            requests,
            new KubernetesApiCall("list", "services", "", Namespace, plan.ServiceName),
            $"api/v1/namespaces/{Namespace}/services?fieldSelector={Uri.EscapeDataString(selector)}",
            async (client, ct) =>
            {
                V1ServiceList list = await client.CoreV1.ListNamespacedServiceAsync(Namespace, fieldSelector: selector, cancellationToken: ct).ConfigureAwait(false);
                return (list.Items, list.Metadata?.ResourceVersion);
            },
            cancellationToken).ConfigureAwait(false))
        {
            if (services.Items.Values.Select(AddressOf).FirstOrDefault(static a => !string.IsNullOrEmpty(a)) is { } host)
            {
                waitsFor?.Invoke(null);
                return host;
            }

            waitsFor?.Invoke($"the LoadBalancer of Service {plan.ServiceName} has no address yet");
        }

        throw new SchedulerUnreachableException(plan.ServiceName, $"The Service {plan.ServiceName} is gone.");
    }

    private async Task<string> ReadyNodeAsync(CancellationToken cancellationToken)
    {
        V1NodeList nodes = await requests.RunAsync(
            new KubernetesApiCall("list", "nodes", "", ""),
            (client, ct) => client.CoreV1.ListNodeAsync(cancellationToken: ct),
            cancellationToken).ConfigureAwait(false);
        return nodes.Items
            .Where(static n => n.Status?.Conditions?.Any(static c => c is { Type: "Ready", Status: "True" }) == true)
            .Select(static n => (n.Status.Addresses?.FirstOrDefault(static a => a.Type == "ExternalIP") ?? n.Status.Addresses?.FirstOrDefault(static a => a.Type == "InternalIP"))?.Address)
            .FirstOrDefault(static a => a is not null)
            ?? throw new SchedulerUnreachableException(
                "", $"No ready node of the cluster has an address to dial. Name one: HelmClusterOptions.{nameof(ReachOptions.NodeHost)}.");
    }
}
