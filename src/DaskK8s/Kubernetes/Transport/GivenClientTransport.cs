namespace DaskK8s.Kubernetes.Transport;

/// <summary>Sends requests through a client that the caller provided, with its credentials; responses return through our own handlers.</summary>
/// <param name="given">The caller's client; it is not disposed.</param>
internal sealed class GivenClientTransport(k8s.Kubernetes given) : DelegatingHandler
{
    /// <inheritdoc/>
    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        // A request can be sent once by one client only. The copy takes the Authorization header, so that no exception can show it.
#pragma warning disable CA2000 // Disposing it would dispose the content that belongs to the request.
        HttpRequestMessage copy = new(request.Method, request.RequestUri)
        {
            Content = request.Content,
            Version = request.Version,
            VersionPolicy = request.VersionPolicy,
        };
#pragma warning restore CA2000
        foreach (KeyValuePair<string, IEnumerable<string>> header in request.Headers)
        {
            copy.Headers.TryAddWithoutValidation(header.Key, header.Value);
        }

        if (given.Credentials is { } credentials)
        {
            await credentials.ProcessHttpRequestAsync(copy, cancellationToken).ConfigureAwait(false);
        }

        HttpResponseMessage response = await given.HttpClient
            .SendAsync(copy, HttpCompletionOption.ResponseHeadersRead, cancellationToken).ConfigureAwait(false);
        response.RequestMessage = request;
        return response;
    }

    /// <inheritdoc/>
    protected override HttpResponseMessage Send(HttpRequestMessage request, CancellationToken cancellationToken) =>
        throw new NotSupportedException("Requests to the API server are asynchronous.");
}
