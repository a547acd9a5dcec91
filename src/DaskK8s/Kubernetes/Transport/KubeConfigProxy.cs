using System.Net;
using System.Text;

using DaskK8s.Kubernetes.Config;

namespace DaskK8s.Kubernetes.Transport;

/// <summary>A proxy for the API server; it relays bytes, so it works for calls and upgrades alike.</summary>
internal sealed class KubeConfigProxy
{
    private readonly Uri _address;

    private KubeConfigProxy(Uri address) => _address = address;

    /// <summary>Gets the address of the proxy.</summary>
    public DnsEndPoint EndPoint => new(_address.IdnHost, _address.Port > 0 ? _address.Port : 1080);

    /// <summary>Gets a value indicating whether the connection to the proxy uses TLS.</summary>
    public bool IsTls => _address.Scheme == Uri.UriSchemeHttps;

    /// <summary>Parses a proxy's address.</summary>
    /// <param name="text">The address: <c>http</c>, <c>https</c>, <c>socks5</c> or <c>socks5h</c>, with or without user and password.</param>
    /// <returns>The proxy; null if the address is invalid.</returns>
    public static KubeConfigProxy? TryCreate(string text) =>
        Uri.TryCreate(text, UriKind.Absolute, out Uri? address)
        && address.Scheme is "http" or "https" or "socks5" or "socks5h"
        && address.Host.Length > 0
            ? new KubeConfigProxy(address)
            : null;

    /// <summary>Finds the proxy for the API server.</summary>
    /// <param name="cluster">The cluster.</param>
    /// <param name="server">The API server.</param>
    /// <param name="environment">The environment, for the proxy that it sets.</param>
    /// <returns>The proxy; null for none.</returns>
    /// <exception cref="KubeConfigException">The address of the proxy is invalid.</exception>
    public static KubeConfigProxy? Find(KubeConfigCluster cluster, Uri server, KubeConfigEnvironment environment)
    {
        const string form = "is not a URL such as http://host:3128, https://… or socks5://…";
        if (cluster.ProxyUrl is { } own)
        {
            return TryCreate(own) ?? throw KubeConfigErrors.Unusable("cluster", cluster.Name, cluster.Source, $"'proxy-url' {form}");
        }

        return KubeConfigProxyRules.Find(server, environment.GetVariable) is { } found
            ? TryCreate(found.Address) ?? throw new KubeConfigException($"The environment variable {found.Variable} {form}.")
            : null;
    }

    /// <summary>Requests a connection from the proxy.</summary>
    /// <param name="stream">The connection to the proxy.</param>
    /// <param name="target">The target; the proxy resolves the name.</param>
    /// <param name="cancellationToken">Cancels the wait.</param>
    /// <returns>A task that completes when the connection is established.</returns>
    /// <exception cref="HttpRequestException">The proxy rejected the request.</exception>
    public Task TunnelAsync(Stream stream, DnsEndPoint target, CancellationToken cancellationToken)
    {
        (string User, string Password)? login = Login();
        return _address.Scheme.StartsWith("socks", StringComparison.Ordinal)
            ? KubeConfigSocks.TunnelAsync(stream, target, login, ToString(), cancellationToken)
            : ConnectAsync(stream, target, login, cancellationToken);
    }

    /// <summary>Returns the proxy's address without its user and password.</summary>
    /// <returns>The address.</returns>
    public override string ToString() => $"{_address.Scheme}://{EndPoint.Host}:{EndPoint.Port}";

    private (string User, string Password)? Login()
    {
        if (_address.UserInfo.Length == 0)
        {
            return null;
        }

        string[] parts = _address.UserInfo.Split(':', 2);
        return (Uri.UnescapeDataString(parts[0]), parts.Length > 1 ? Uri.UnescapeDataString(parts[1]) : "");
    }

    private async Task ConnectAsync(Stream stream, DnsEndPoint target, (string User, string Password)? login, CancellationToken cancellationToken)
    {
        string authority = target.Host.Contains(':', StringComparison.Ordinal) ? $"[{target.Host}]:{target.Port}" : $"{target.Host}:{target.Port}";
        string authorization = login is { } known
            ? $"Proxy-Authorization: Basic {Convert.ToBase64String(Encoding.UTF8.GetBytes($"{known.User}:{known.Password}"))}\r\n"
            : "";
        byte[] request = Encoding.ASCII.GetBytes($"CONNECT {authority} HTTP/1.1\r\nHost: {authority}\r\n{authorization}\r\n");
        await stream.WriteAsync(request, cancellationToken).ConfigureAwait(false);
        await stream.FlushAsync(cancellationToken).ConfigureAwait(false);

        string status = await ReadStatusAsync(stream, cancellationToken).ConfigureAwait(false);
        string code = status.Split(' ') is ["HTTP/1.1" or "HTTP/1.0", { Length: 3 } number, ..] && number.All(char.IsAsciiDigit)
            ? number
            : throw Refused("does not answer like an HTTP proxy");
        if (code[0] != '2')
        {
            throw Refused(code == "407" ? "requires a user and a password, or rejected those given (407)" : $"refused the connection with {code}");
        }
    }

    /// <summary>Reads up to the empty line and no further: the rest belongs to the tunnel.</summary>
    private async Task<string> ReadStatusAsync(Stream stream, CancellationToken cancellationToken)
    {
        const int limit = 16 << 10;
        byte[] buffer = new byte[limit];
        for (int length = 0; length < limit; length++)
        {
            if (await stream.ReadAsync(buffer.AsMemory(length, 1), cancellationToken).ConfigureAwait(false) == 0)
            {
                throw Refused("closed the connection");
            }

            if (buffer.AsSpan(0, length + 1).EndsWith("\r\n\r\n"u8))
            {
                string head = Encoding.Latin1.GetString(buffer, 0, length);
                return head[..head.IndexOf('\r', StringComparison.Ordinal)];
            }
        }

        throw Refused("does not answer like an HTTP proxy");
    }

    private HttpRequestException Refused(string what) => new(HttpRequestError.ProxyTunnelError, $"The proxy '{this}' {what}.");
}
