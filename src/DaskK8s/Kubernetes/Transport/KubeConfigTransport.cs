using System.Net;
using System.Net.Http.Headers;

using DaskK8s.Kubernetes.Config;
using DaskK8s.Kubernetes.Credentials;

using Microsoft.Extensions.Logging;

namespace DaskK8s.Kubernetes.Transport;

/// <summary>
/// The one way of every request, call and upgrade alike: puts the identity on it, sends it, renews the credentials once when
/// they are refused, and takes the Authorization header off again, so that no exception that holds the request can show it.
/// </summary>
/// <param name="source">Where the credentials come from; disposed with this.</param>
/// <param name="dialer">Makes the connections.</param>
/// <param name="identity">Who the requests are made for: impersonation and the user's name in logs.</param>
/// <param name="logger">Where to log.</param>
internal sealed class KubeConfigTransport(KubeCredentialSource source, KubeConfigDialer dialer, KubeConfigUser identity, ILogger logger) : DelegatingHandler
{
    private readonly Lock _gate = new();
    private readonly KeyValuePair<string, string>[] _impersonation = [.. KubeConfigImpersonation.Headers(identity)];
    private KubeConfigConnections? _connections;
    private bool _disposed;

    /// <inheritdoc/>
    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        // A caller's own Authorization header wins, as in client-go.
        bool authorize = request.Headers.Authorization is null;
        foreach ((string name, string value) in _impersonation)
        {
            request.Headers.TryAddWithoutValidation(name, value);
        }

        KubeCredential credential = await source.GetAsync(cancellationToken).ConfigureAwait(false);
        HttpResponseMessage response = await SendAsync(request, credential, authorize, cancellationToken).ConfigureAwait(false);
        if (response.StatusCode != HttpStatusCode.Unauthorized || !authorize || request.Content is not (null or ByteArrayContent))
        {
            return response;
        }

        KubeCredential? renewed;
        try
        {
            renewed = await source.RenewAsync(credential, cancellationToken).ConfigureAwait(false);
        }
        catch
        {
            response.Dispose();
            throw;
        }

        if (renewed is null)
        {
            return response;
        }

        response.Dispose();
        logger.CredentialRenewed(identity.Name);
        return await SendAsync(request, renewed, authorize, cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    protected override HttpResponseMessage Send(HttpRequestMessage request, CancellationToken cancellationToken) =>
        throw new NotSupportedException("Requests to the API server are asynchronous.");

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            lock (_gate)
            {
                _disposed = true;
                _connections?.Dispose();
                _connections = null;
            }

            source.Dispose();
        }

        base.Dispose(disposing);
    }

    private async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, KubeCredential credential, bool authorize, CancellationToken cancellationToken)
    {
        AuthenticationHeaderValue? former = request.Headers.Authorization;
        if (authorize)
        {
            request.Headers.Authorization = credential.Header;
        }

        KubeConfigConnections connections = Rent(credential);
        try
        {
            return await (request.Headers.Upgrade.Count == 0 ? connections.Invoker : connections.Upgrades).SendAsync(request, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            connections.Return();
            request.Headers.Authorization = former;
        }
    }

    /// <summary>Takes the connections that were made with a credential's certificate: TLS shows it once, when a connection is made.</summary>
    private KubeConfigConnections Rent(KubeCredential credential)
    {
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            if (_connections is null || !ReferenceEquals(_connections.Certificate, credential.Certificate))
            {
                if (_connections is not null)
                {
                    _connections.Dispose();
                    logger.ClientCertificateChanged(identity.Name);
                }

                _connections = new KubeConfigConnections(dialer, credential.Certificate);
            }

            _connections.Rent();
            return _connections;
        }
    }
}
