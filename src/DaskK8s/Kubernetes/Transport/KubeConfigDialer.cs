using System.Net;
using System.Net.Security;

using DaskK8s.Common;

namespace DaskK8s.Kubernetes.Transport;

/// <summary>
/// Opens the connections of the client's handler: TCP, a proxy if any, and TLS. The handler's own TLS uses the name (SNI and validation)
/// from the Host header and has no other way to set it, so <c>tls-server-name</c> requires our own TLS.
/// </summary>
/// <param name="proxy">The proxy to use; null for none.</param>
/// <param name="tls">The TLS settings; null for a server without TLS.</param>
/// <param name="limit">The time limit of one connection.</param>
/// <param name="timeProvider">The clock of the limit.</param>
internal sealed class KubeConfigDialer(KubeConfigProxy? proxy, KubeConfigTls? tls, TimeSpan limit, TimeProvider timeProvider)
{
    /// <summary>Opens one connection.</summary>
    /// <param name="context">The handler's request.</param>
    /// <param name="certificate">The client's certificate, if it has one.</param>
    /// <param name="forUpgrade">Whether the connection will be upgraded and belong to a tunnel.</param>
    /// <param name="cancellationToken">Cancels the attempt.</param>
    /// <returns>The connection, after the TLS handshake if the server uses TLS.</returns>
    public async ValueTask<Stream> ConnectAsync(
        SocketsHttpConnectionContext context,
        SslStreamCertificateContext? certificate,
        bool forUpgrade,
        CancellationToken cancellationToken)
    {
        using TimeLimit timeout = new(limit, timeProvider, cancellationToken);
        DnsEndPoint target = context.DnsEndPoint;
        Stream? stream = null;
        try
        {
            stream = await KubeConfigSocket.OpenAsync(proxy?.EndPoint ?? target, forUpgrade, timeout.Token).ConfigureAwait(false);
            if (proxy is not null)
            {
                stream = proxy.IsTls
                    ? await SecureAsync(stream, (tls ?? new KubeConfigTls(null, null, acceptAny: false)).CreateProxyOptions(proxy.EndPoint.Host), timeout.Token).ConfigureAwait(false)
                    : stream;
                await proxy.TunnelAsync(stream, target, timeout.Token).ConfigureAwait(false);
            }

            return tls is null
                ? stream
                : await SecureAsync(stream, tls.CreateOptions(target.Host, certificate, Protocols(context.InitialRequestMessage)), timeout.Token).ConfigureAwait(false);
        }
        catch (Exception e)
        {
            if (stream is not null)
            {
                await stream.DisposeAsync().ConfigureAwait(false);
            }

            if (e is OperationCanceledException && timeout.Passed)
            {
                string way = proxy is null ? "" : $" through the proxy '{proxy}'";
                throw new TimeoutException($"No connection to '{target.Host}'{way} within {limit.TotalSeconds} s.", e);
            }

            throw;
        }
    }

    private static List<SslApplicationProtocol> Protocols(HttpRequestMessage request) =>
        request.Version.Major >= 2 ? [SslApplicationProtocol.Http2, SslApplicationProtocol.Http11] : [SslApplicationProtocol.Http11];

    private static async Task<SslStream> SecureAsync(Stream stream, SslClientAuthenticationOptions options, CancellationToken cancellationToken)
    {
        SslStream secure = new(stream, leaveInnerStreamOpen: false);
        try
        {
            await secure.AuthenticateAsClientAsync(options, cancellationToken).ConfigureAwait(false);
            return secure;
        }
        catch
        {
            await secure.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }
}
