using System.Globalization;
using System.Net.WebSockets;
using DaskK8s.Testing.Api;
using DaskK8s.Testing.Storage;
using Microsoft.AspNetCore.Http;

namespace DaskK8s.Testing.Forwarding;

/// <summary>Handles <c>pods/portforward</c> in the transport that the client requests.</summary>
internal sealed class PortForwardHandler(PodDialer dialer, EmbeddedClusterOptions options, ForwardFaults faults)
{
    private const string SpdyProtocol = "portforward.k8s.io";
    private const string TunnelProtocol = "SPDY/3.1+portforward.k8s.io";

    private static readonly string[] ChannelProtocols = ["v4.channel.k8s.io", "v4.base64.channel.k8s.io"];

    public async Task HandleAsync(HttpContext context, RequestInfo info, CancellationToken stopping)
    {
        StoredObject pod = dialer.Demand(info.Key);
        using CancellationTokenSource end = CancellationTokenSource.CreateLinkedTokenSource(stopping);
        using IDisposable listed = faults.Enter(end, context, pod);
        if (Upgrade.IsWebSocket(context.Request))
        {
            IReadOnlyList<string> offered = Upgrade.Protocols(context.Request, "Sec-WebSocket-Protocol");
            await (offered.Contains(TunnelProtocol) && Offers(PortForwardTransports.SpdyOverWebSocket) && options.Minor >= 30
                ? TunnelAsync(context, pod, end.Token)
                : ChannelsAsync(context, pod, offered, end.Token)).ConfigureAwait(false);
        }
        else if (Upgrade.IsSpdy(context.Request) && Offers(PortForwardTransports.Spdy))
        {
            await SpdyAsync(context, pod, end.Token).ConfigureAwait(false);
        }
        else
        {
            throw ApiException.BadRequest("Upgrade request required");
        }
    }

    private static int Port(string? text) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int port) && port is > 0 and < 65536
            ? port
            : throw ApiException.BadRequest($"unable to parse \"{text}\" as a port: strconv.ParseUint: parsing \"{text}\": invalid syntax");

    private bool Offers(PortForwardTransports transport) => options.PortForward.HasFlag(transport);

    /// <summary>Versions from 1.30 on simulate nodes with containerd 2.</summary>
    private SpdyForward Forward(StoredObject pod) => new(dialer, pod, faults, resetsErrors: options.Minor >= 30);

    private async Task ChannelsAsync(HttpContext context, StoredObject pod, IReadOnlyList<string> offered, CancellationToken end)
    {
        string? protocol = offered.FirstOrDefault(ChannelProtocols.Contains);
        if (!Offers(PortForwardTransports.WebSocket) || (protocol is null && offered.Count > 0))
        {
            // The kubelet's WebSocket code refuses a handshake in this way, without a body.
            context.Response.StatusCode = 403;
            context.Response.ContentLength = 0;
            return;
        }

        int[] ports = [.. context.Request.Query["ports"].Concat(context.Request.Query["port"]).SelectMany(value => (value ?? string.Empty).Split(',')).Select(Port)];
        if (ports.Length == 0)
        {
            throw ApiException.BadRequest("query parameter \"ports\" is required");
        }

        Stream stream = await Upgrade.WebSocketAsync(context, protocol).ConfigureAwait(false);
        await using (stream.ConfigureAwait(false))
        {
            using ChannelForward forward = new(dialer, pod, ports, protocol == "v4.base64.channel.k8s.io", faults);
            await forward.RunAsync(stream, end).ConfigureAwait(false);
        }
    }

    private async Task SpdyAsync(HttpContext context, StoredObject pod, CancellationToken end)
    {
        if (!Upgrade.Protocols(context.Request, "X-Stream-Protocol-Version").Contains(SpdyProtocol))
        {
            context.Response.Headers["X-Accepted-Stream-Protocol-Versions"] = SpdyProtocol;
            throw new ApiException(403, "Forbidden", $"unable to upgrade: unable to negotiate protocol: client supports [], server accepts [{SpdyProtocol}]");
        }

        Stream stream = await Upgrade.SpdyAsync(context, SpdyProtocol).ConfigureAwait(false);
        await using (stream.ConfigureAwait(false))
        {
            using SpdyForward forward = Forward(pod);
            await forward.RunAsync(stream, end).ConfigureAwait(false);
        }
    }

    private async Task TunnelAsync(HttpContext context, StoredObject pod, CancellationToken end)
    {
        Stream raw = await Upgrade.WebSocketAsync(context, TunnelProtocol).ConfigureAwait(false);
        await using (raw.ConfigureAwait(false))
        {
            using WebSocket socket = WebSocket.CreateFromStream(raw, new WebSocketCreationOptions { IsServer = true, KeepAliveInterval = TimeSpan.Zero });
            WebSocketStream stream = new(socket);
            await using (stream.ConfigureAwait(false))
            {
                using SpdyForward forward = Forward(pod);
                await forward.RunAsync(stream, end).ConfigureAwait(false);
            }
        }
    }
}
