using System.Globalization;
using DaskK8s.Testing.Api;
using DaskK8s.Testing.Storage;
using Microsoft.AspNetCore.Http;

namespace DaskK8s.Testing.Forwarding;

/// <summary>Answers <c>pods/portforward</c> in the transport that the client asks for.</summary>
internal sealed class PortForwardHandler(PodDialer dialer, EmbeddedClusterOptions options, ForwardFaults faults)
{
    private static readonly string[] ChannelProtocols = ["v4.channel.k8s.io", "v4.base64.channel.k8s.io"];

    public async Task HandleAsync(HttpContext context, RequestInfo info, CancellationToken stopping)
    {
        StoredObject pod = dialer.Demand(info.Key);
        using CancellationTokenSource end = CancellationTokenSource.CreateLinkedTokenSource(stopping);
        using IDisposable listed = faults.Enter(end, context, pod);
        if (Upgrade.IsWebSocket(context.Request))
        {
            await WebSocketAsync(context, pod, end.Token).ConfigureAwait(false);
        }
        else
        {
            throw ApiException.BadRequest("Upgrade request required");
        }
    }

    private async Task WebSocketAsync(HttpContext context, StoredObject pod, CancellationToken end)
    {
        IReadOnlyList<string> offered = Upgrade.Protocols(context.Request, "Sec-WebSocket-Protocol");
        if (!options.PortForward.HasFlag(PortForwardTransports.WebSocket))
        {
            throw new ApiException(403, "Forbidden", "websocket upgrades are switched off");
        }

        string? protocol = offered.FirstOrDefault(ChannelProtocols.Contains);
        if (protocol is null && offered.Count > 0)
        {
            throw ApiException.BadRequest($"Unable to upgrade websocket connection: unknown subprotocols {string.Join(", ", offered)}");
        }

        int[] ports = [.. context.Request.Query["ports"].SelectMany(value => (value ?? string.Empty).Split(',')).Select(Port)];
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

    private static int Port(string? text) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int port) && port is > 0 and < 65536
            ? port
            : throw ApiException.BadRequest($"unable to parse \"{text}\" as a port: strconv.ParseUint: parsing \"{text}\": invalid syntax");
}
