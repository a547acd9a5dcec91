using System.Net;
using System.Net.WebSockets;
using System.Security.Cryptography;
using System.Text;

using DaskK8s.Kubernetes;
using DaskK8s.PortForwarding.Tunnels;

namespace DaskK8s.PortForwarding;

/// <summary>Requests that the API server switches a connection to a pod's port-forward protocol.</summary>
internal static class PodUpgrade
{
    /// <summary>The subprotocol that carries SPDY frames inside a WebSocket; Kubernetes 1.30 and later.</summary>
    public const string SpdyOverWebSocket = "SPDY/3.1+portforward.k8s.io";

    /// <summary>The stream protocol of a plain SPDY upgrade.</summary>
    private const string SpdyStreams = "portforward.k8s.io";

    /// <summary>The maximum size of the response to a rejected upgrade, in bytes, that is read for its reason.</summary>
    private const int LongestRefusal = 16 * 1024;

    /// <summary>Upgrades to a WebSocket with the given subprotocol.</summary>
    /// <param name="connection">The API server.</param>
    /// <param name="target">The pod.</param>
    /// <param name="port">The port inside the pod.</param>
    /// <param name="protocol">The subprotocol to request.</param>
    /// <param name="keepAlive">The interval of unsolicited pongs on an idle WebSocket; infinite to disable them.</param>
    /// <param name="cancellationToken">Cancels the wait.</param>
    /// <returns>The open WebSocket, without compression.</returns>
    /// <exception cref="DaskK8sException">The server rejected the upgrade, or selected another protocol.</exception>
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
            throw NotAgreed(target, port, response, $"the WebSocket protocol '{protocol}'");
        }

        // The subprotocol is not passed on: .NET takes '/' for invalid in one, and nothing reads it.
        return WebSocket.CreateFromStream(stream, new WebSocketCreationOptions { IsServer = false, KeepAliveInterval = keepAlive });
    }

    /// <summary>Upgrades to SPDY/3.1.</summary>
    /// <param name="connection">The API server.</param>
    /// <param name="target">The pod.</param>
    /// <param name="port">The port inside the pod, for messages; SPDY requests ports later.</param>
    /// <param name="cancellationToken">Cancels the wait.</param>
    /// <returns>The stream of frames.</returns>
    /// <exception cref="DaskK8sException">The server rejected the upgrade, or selected another protocol.</exception>
    public static async Task<Stream> ToSpdyAsync(KubeConnection connection, PodTarget target, int port, CancellationToken cancellationToken)
    {
        using HttpRequestMessage request = KubeConnection.CreateUpgrade(HttpMethod.Post, Path(target, null), "SPDY/3.1");
        request.Headers.Add("X-Stream-Protocol-Version", SpdyStreams);
        (HttpResponseMessage response, Stream stream) = await SwitchAsync(connection, request, target, port, cancellationToken).ConfigureAwait(false);

        // A server that names no protocol is an old one that knows no other.
        if (Header(response, "X-Stream-Protocol-Version") is not (null or SpdyStreams)
            || !response.Headers.Upgrade.Any(u => u.ToString().Equals("SPDY/3.1", StringComparison.OrdinalIgnoreCase)))
        {
            await stream.DisposeAsync().ConfigureAwait(false);
            throw NotAgreed(target, port, response, "SPDY/3.1");
        }

        return stream;
    }

    private static string Path(PodTarget target, int? port) =>
        $"api/v1/namespaces/{Uri.EscapeDataString(target.Namespace)}/pods/{Uri.EscapeDataString(target.Name)}/portforward{(port is null ? "" : $"?ports={port}")}";

    /// <summary>Computes the response that RFC 6455, section 4.2.2, requires from the server.</summary>
    private static string Accept(string key) =>
#pragma warning disable CA5350 // The RFC names SHA-1; it proves understanding of the protocol, nothing else.
        Convert.ToBase64String(SHA1.HashData(Encoding.ASCII.GetBytes(key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11")));
#pragma warning restore CA5350

    private static string? Header(HttpResponseMessage response, string name) =>
        response.Headers.TryGetValues(name, out IEnumerable<string>? values) ? string.Join(',', values) : null;

    private static PortForwardException NotAgreed(PodTarget target, int port, HttpResponseMessage response, string protocol) =>
        new($"The API server switched protocols for pod {target} but did not agree to {protocol}; an older server or a proxy answered.")
        {
            Namespace = target.Namespace,
            Pod = target.Name,
            RemotePort = port,
            StatusCode = response.StatusCode,
        };

    private static async Task<(HttpResponseMessage Response, Stream Stream)> SwitchAsync(
        KubeConnection connection, HttpRequestMessage request, PodTarget target, int port, CancellationToken cancellationToken)
    {
        string verb = request.Method == HttpMethod.Post ? "create" : "get";
        KubernetesApiCall call = new(verb, "pods/portforward", "", target.Namespace, target.Name);
        HttpResponseMessage response;
        try
        {
            response = await connection.SendStreamAsync(request, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e) when (e is HttpRequestException or IOException)
        {
            throw KubeErrors.Unreachable(e, call, connection.BaseUri);
        }

        if (response.StatusCode == HttpStatusCode.SwitchingProtocols)
        {
            // The response is not disposed: the stream owns the connection from here on.
            return (response, await response.Content.ReadAsStreamAsync(cancellationToken).ConfigureAwait(false));
        }

        using (response)
        {
            string body = await BodyAsync(response, cancellationToken).ConfigureAwait(false);
            throw KubeErrors.From(response, body, call);
        }
    }

    private static async Task<string> BodyAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        try
        {
            byte[] buffer = new byte[LongestRefusal];
            using Stream body = await response.Content.ReadAsStreamAsync(cancellationToken).ConfigureAwait(false);
            int length = await body.ReadAtLeastAsync(buffer, buffer.Length, throwOnEndOfStream: false, cancellationToken).ConfigureAwait(false);
            return Encoding.UTF8.GetString(buffer.AsSpan(0, length)).Trim();
        }
        catch (Exception e) when (e is IOException or HttpRequestException)
        {
            return "";
        }
    }
}
