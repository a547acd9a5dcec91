using System.Net;
using System.Net.WebSockets;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

using DaskK8s.KubeApi;

namespace DaskK8s.Forwarding;

/// <summary>Asks the API server to switch a connection to a pod's port-forward protocol.</summary>
internal static class PodUpgrade
{
    /// <summary>The largest answer to a refused upgrade that is read for its reason.</summary>
    private const int LongestRefusal = 16 * 1024;

    /// <summary>Upgrades to a WebSocket with one of the given subprotocols.</summary>
    /// <param name="connection">The API server.</param>
    /// <param name="target">The pod.</param>
    /// <param name="port">The port inside the pod.</param>
    /// <param name="protocol">The subprotocol to ask for.</param>
    /// <param name="keepAlive">How often an idle WebSocket sends an unsolicited pong.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>The open WebSocket, without compression.</returns>
    /// <exception cref="PortForwardException">The server refused, or chose another protocol.</exception>
    public static async Task<WebSocket> ToWebSocketAsync(
        KubeConnection connection, PodTarget target, int port, string protocol, TimeSpan keepAlive, CancellationToken cancellationToken)
    {
        using HttpRequestMessage request = KubeConnection.CreateUpgrade(HttpMethod.Get, Path(target, port), "websocket");
        string key = Convert.ToBase64String(RandomNumberGenerator.GetBytes(16));
        request.Headers.Add("Sec-WebSocket-Version", "13");
        request.Headers.Add("Sec-WebSocket-Key", key);
        request.Headers.Add("Sec-WebSocket-Protocol", protocol);
        (HttpResponseMessage response, Stream stream) = await SwitchAsync(connection, request, target, port, cancellationToken).ConfigureAwait(false);
        if (Header(response, "Sec-WebSocket-Accept") != Accept(key) || Header(response, "Sec-WebSocket-Protocol") != protocol)
        {
            await stream.DisposeAsync().ConfigureAwait(false);
            throw new PortForwardException(
                $"The API server opened a WebSocket to pod {target} but did not agree to '{protocol}'; an older server or a proxy answered.")
            {
                Namespace = target.Namespace,
                Pod = target.Name,
                RemotePort = port,
                StatusCode = response.StatusCode,
            };
        }

        return WebSocket.CreateFromStream(
            stream,
            new WebSocketCreationOptions { IsServer = false, SubProtocol = protocol, KeepAliveInterval = keepAlive });
    }

    private static string Path(PodTarget target, int port) =>
        $"api/v1/namespaces/{Uri.EscapeDataString(target.Namespace)}/pods/{Uri.EscapeDataString(target.Name)}/portforward?ports={port}";

    /// <summary>Computes what RFC 6455, section 4.2.2, has the server answer.</summary>
    private static string Accept(string key) =>
#pragma warning disable CA5350 // The RFC names SHA-1; it proves understanding of the protocol, nothing else.
        Convert.ToBase64String(SHA1.HashData(Encoding.ASCII.GetBytes(key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11")));
#pragma warning restore CA5350

    private static string? Header(HttpResponseMessage response, string name) =>
        response.Headers.TryGetValues(name, out IEnumerable<string>? values) ? string.Join(',', values) : null;

    private static async Task<(HttpResponseMessage Response, Stream Stream)> SwitchAsync(
        KubeConnection connection, HttpRequestMessage request, PodTarget target, int port, CancellationToken cancellationToken)
    {
        HttpResponseMessage response;
        try
        {
            response = await connection.SendAsync(request, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e) when (e is HttpRequestException or IOException)
        {
            throw new PortForwardException($"The API server could not be reached for a forward to pod {target}: {e.Message}", e)
            {
                Namespace = target.Namespace,
                Pod = target.Name,
                RemotePort = port,
            };
        }

        if (response.StatusCode == HttpStatusCode.SwitchingProtocols)
        {
            // The response is not disposed: the stream owns the connection from here on.
            return (response, await response.Content.ReadAsStreamAsync(cancellationToken).ConfigureAwait(false));
        }

        using (response)
        {
            string reason = await ReasonAsync(response, cancellationToken).ConfigureAwait(false);
            throw new PortForwardException(
                $"The API server answered {(int)response.StatusCode} to a forward to port {port} of pod {target}: {reason}")
            {
                Namespace = target.Namespace,
                Pod = target.Name,
                RemotePort = port,
                StatusCode = response.StatusCode,
            };
        }
    }

    private static async Task<string> ReasonAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        try
        {
            byte[] buffer = new byte[LongestRefusal];
            using Stream body = await response.Content.ReadAsStreamAsync(cancellationToken).ConfigureAwait(false);
            int length = await body.ReadAtLeastAsync(buffer, buffer.Length, throwOnEndOfStream: false, cancellationToken).ConfigureAwait(false);
            string text = Encoding.UTF8.GetString(buffer.AsSpan(0, length)).Trim();
            return Message(text) ?? (text.Length is 0 or > 1000 ? response.ReasonPhrase ?? "no reason was given" : text);
        }
        catch (Exception e) when (e is IOException or HttpRequestException)
        {
            return response.ReasonPhrase ?? "no reason was given";
        }
    }

    /// <summary>Takes the message out of a Kubernetes Status object.</summary>
    private static string? Message(string text)
    {
        if (!text.StartsWith('{'))
        {
            return null;
        }

        try
        {
            using JsonDocument status = JsonDocument.Parse(text);
            return status.RootElement.TryGetProperty("message", out JsonElement message) ? message.GetString() : null;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            return null;
        }
    }
}
