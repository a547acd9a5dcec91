using System.Net;

using DaskK8s.Common;
using DaskK8s.Kubernetes.Transport;

namespace DaskK8s.Kubernetes;

/// <summary>
/// The only connection to an API server as one identity: every call, watch and upgrade of a cluster object uses it, so
/// that a forward never reaches a different cluster than a scaling operation does.
/// </summary>
internal sealed class KubeConnection(k8s.Kubernetes client, string @namespace, string? context) : IDisposable
{
    /// <summary>Gets the client for ordinary calls.</summary>
    public k8s.Kubernetes Client { get; } = client;

    /// <summary>Gets the address of the API server; it ends with a slash.</summary>
    public Uri BaseUri => Client.BaseUri;

    /// <summary>Gets the namespace of the calls.</summary>
    public string Namespace { get; private set; } = @namespace;

    /// <summary>Gets the name of the kube context, or null if there is none (in a pod, or with a client that the caller provided).</summary>
    public string? Context { get; } = context;

    /// <summary>Switches calls to another namespace, for a release whose objects are in a different namespace than its record.</summary>
    public void MoveTo(string @namespace) => Namespace = @namespace;

    /// <summary>Gets the connection's lifetime: calls end with it.</summary>
    public Lifetime Lifetime { get; } = new(typeof(KubeConnection));

    /// <summary>Sends a request whose response is a stream (a watch, a log, an upgrade), with the same credentials and TLS.</summary>
    /// <param name="request">The request; <see cref="HttpRequestMessage.RequestUri"/> can be relative to <see cref="BaseUri"/>.</param>
    /// <param name="cancellationToken">Cancels the wait for the response's headers.</param>
    /// <returns>The response, with its content unread; a 101's content is the duplex stream. An error's content has been read, up to a limit.</returns>
    public Task<HttpResponseMessage> SendStreamAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        KubeBodies.Stream(request);
        return SendAsync(request, cancellationToken);
    }

    /// <summary>Sends a request that the client has no method for; the response is read completely, subject to the token and the size limit.</summary>
    /// <param name="request">The request; <see cref="HttpRequestMessage.RequestUri"/> can be relative to <see cref="BaseUri"/>.</param>
    /// <param name="cancellationToken">Cancels the wait.</param>
    /// <returns>The response.</returns>
    public async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        Lifetime.ThrowIfEnded();
        request.RequestUri = new Uri(BaseUri, request.RequestUri!);
        if (Client.Credentials is { } credentials)
        {
            await credentials.ProcessHttpRequestAsync(request, cancellationToken).ConfigureAwait(false);
        }

        return await Client.HttpClient
            .SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken)
            .ConfigureAwait(false);
    }

    /// <summary>Creates a request that upgrades its connection. It requires HTTP/1.1, because HTTP/2 has no upgrades.</summary>
    /// <param name="method">The method: POST for SPDY, GET for a WebSocket.</param>
    /// <param name="path">The path and query relative to <see cref="BaseUri"/>.</param>
    /// <param name="protocol">The value of the Upgrade header.</param>
    /// <returns>The request, without credentials.</returns>
    public static HttpRequestMessage CreateUpgrade(HttpMethod method, string path, string protocol)
    {
        HttpRequestMessage request = new(method, path)
        {
            Version = HttpVersion.Version11,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
        };
        request.Headers.Connection.Add("Upgrade");
        request.Headers.Upgrade.ParseAdd(protocol);
        return request;
    }

    public void Dispose()
    {
        if (Lifetime.TryEnd())
        {
            Client.Dispose();
        }
    }
}
