using System.Net.Security;
using System.Text;

namespace DaskK8s.Kubernetes.Transport;

/// <summary>
/// The pool of connections that use one client certificate. A retired pool accepts no new requests; its open streams (watches,
/// tunnels) continue until they end by themselves.
/// </summary>
internal sealed class KubeConfigConnections : IDisposable
{
    private readonly Lazy<HttpMessageInvoker> _upgrades;
    private int _users = 1;

    /// <summary>Creates the pool; no connection is opened yet.</summary>
    /// <param name="dialer">Opens the connections.</param>
    /// <param name="certificate">The client's certificate, if it has one.</param>
    public KubeConfigConnections(KubeConfigDialer dialer, SslStreamCertificateContext? certificate)
    {
        Certificate = certificate;
        Invoker = Create(dialer, certificate, forUpgrade: false);
        _upgrades = new(() => Create(dialer, certificate, forUpgrade: true));
    }

    /// <summary>Gets the client certificate of the connections.</summary>
    public SslStreamCertificateContext? Certificate { get; }

    /// <summary>Gets the invoker for requests.</summary>
    public HttpMessageInvoker Invoker { get; }

    /// <summary>Gets the invoker for requests that upgrade their connection.</summary>
    public HttpMessageInvoker Upgrades => _upgrades.Value;

    /// <summary>Keeps the pool open for one more request.</summary>
    public void Rent() => Interlocked.Increment(ref _users);

    /// <summary>Releases the pool after a request has been answered.</summary>
    public void Return()
    {
        if (Interlocked.Decrement(ref _users) == 0)
        {
            Invoker.Dispose();
            if (_upgrades.IsValueCreated)
            {
                _upgrades.Value.Dispose();
            }
        }
    }

    /// <summary>Closes the pool as soon as no request is pending; must be called once.</summary>
    public void Dispose() => Return();

    private static HttpMessageInvoker Create(KubeConfigDialer dialer, SslStreamCertificateContext? certificate, bool forUpgrade)
    {
        SocketsHttpHandler handler = new()
        {
            // The dialer knows the proxy. A redirect would carry the request to a server that nobody named. Both as for Go's upgrades.
            UseProxy = false,
            AllowAutoRedirect = false,
            UseCookies = false,
            // As Go sends them: a user to act as may have any name.
            RequestHeaderEncodingSelector = (_, _) => Encoding.UTF8,
            EnableMultipleHttp2Connections = true,
            // client-go's values: a watch on a connection that died silently is noticed within 45 s.
            KeepAlivePingDelay = TimeSpan.FromSeconds(30),
            KeepAlivePingTimeout = TimeSpan.FromSeconds(15),
            KeepAlivePingPolicy = HttpKeepAlivePingPolicy.WithActiveRequests,
            PooledConnectionIdleTimeout = TimeSpan.FromSeconds(90),
            ConnectCallback = (context, cancellationToken) => dialer.ConnectAsync(context, certificate, forUpgrade, cancellationToken),
        };
        return new HttpMessageInvoker(handler, disposeHandler: true);
    }
}
