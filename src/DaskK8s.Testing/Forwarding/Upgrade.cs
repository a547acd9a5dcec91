using System.Security.Cryptography;
using System.Text;
using DaskK8s.Testing.Storage;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace DaskK8s.Testing.Forwarding;

/// <summary>Upgrades a request to a stream of another protocol.</summary>
internal static class Upgrade
{
    public static bool IsWebSocket(HttpRequest request) =>
        string.Equals(request.Headers.Upgrade.ToString(), "websocket", StringComparison.OrdinalIgnoreCase);

    public static bool IsSpdy(HttpRequest request) =>
        request.Headers.Upgrade.ToString().StartsWith("SPDY/3.1", StringComparison.OrdinalIgnoreCase);

    public static IReadOnlyList<string> Protocols(HttpRequest request, string header) =>
        [.. request.Headers[header].SelectMany(value => (value ?? string.Empty).Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))];

    public static Task<Stream> WebSocketAsync(HttpContext context, string? protocol)
    {
        string key = context.Request.Headers.SecWebSocketKey.ToString();
        if (key.Length == 0)
        {
            throw ApiException.BadRequest("websocket: missing Sec-WebSocket-Key");
        }

        // RFC 6455 fixes SHA-1 for this answer; it guards nothing.
#pragma warning disable CA5350
        byte[] hash = SHA1.HashData(Encoding.ASCII.GetBytes($"{key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11"));
#pragma warning restore CA5350
        context.Response.Headers.Upgrade = "websocket";
        context.Response.Headers.SecWebSocketAccept = Convert.ToBase64String(hash);
        if (protocol is not null)
        {
            context.Response.Headers.SecWebSocketProtocol = protocol;
        }

        return StreamAsync(context);
    }

    public static Task<Stream> SpdyAsync(HttpContext context, string protocol)
    {
        context.Response.Headers.Upgrade = "SPDY/3.1";
        context.Response.Headers["X-Stream-Protocol-Version"] = protocol;
        return StreamAsync(context);
    }

    private static Task<Stream> StreamAsync(HttpContext context) =>
        context.Features.Get<IHttpUpgradeFeature>() is { IsUpgradableRequest: true } feature
            ? feature.UpgradeAsync()
            : throw ApiException.BadRequest("unable to upgrade: the connection cannot be upgraded");
}
