using System.Net;
using System.Net.Http.Headers;

using DaskK8s.Kubernetes.Config;
using DaskK8s.Kubernetes.Credentials;

using Microsoft.Extensions.Logging;

namespace DaskK8s.Kubernetes.Transport;

/// <summary>
/// The handler for all requests, calls and upgrades alike: it adds the identity, sends the request, renews the credentials once if
/// they are rejected, and removes the Authorization header again, so that no exception that contains the request can expose it.
/// </summary>
/// <param name="source">The source of the credentials; disposed with this object.</param>
/// <param name="dialer">Opens the connections.</param>
/// <param name="identity">The identity of the requests: impersonation, and the user's name in logs.</param>
/// <param name="logger">The logger.</param>
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

    /// <summary>Rents the connections for a credential's certificate, because TLS presents a certificate only when a connection is opened.</summary>
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
