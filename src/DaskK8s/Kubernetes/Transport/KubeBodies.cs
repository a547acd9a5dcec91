using System.IO.Compression;
using System.Net;
using System.Net.Http.Headers;

namespace DaskK8s.Kubernetes.Transport;

/// <summary>Reads response bodies asynchronously, subject to the call's token and a size limit.</summary>
/// <remarks>
/// The Kubernetes client parses a body synchronously while reading it: a server that stalls in between would block a thread of
/// the pool forever, and no token would cancel it. A request marked by <see cref="Stream"/> keeps its body (watches, logs, upgrades).
/// The others request gzip, as client-go does: API servers compress responses larger than 128 KiB.
/// </remarks>
internal sealed class KubeBodies : DelegatingHandler
{
    /// <summary>The maximum size of a response, in bytes: enough for lists of about ten thousand pods.</summary>
    public const int MaxResponseBytes = 256 * 1024 * 1024;

    /// <summary>The maximum number of bytes of an error response to read.</summary>
    public const int MaxErrorBytes = 64 * 1024;

    private const int FirstBuffer = 64 * 1024;

    private static readonly StringWithQualityHeaderValue s_gzip = new("gzip");
    private static readonly HttpRequestOptionsKey<bool> s_streams = new("DaskK8s.Streams");

    private readonly int _maxResponseBytes;

    /// <summary>Creates the handler.</summary>
    /// <param name="inner">The handler that sends the requests.</param>
    /// <param name="maxResponseBytes">The size limit, in bytes.</param>
    public KubeBodies(HttpMessageHandler inner, int maxResponseBytes = MaxResponseBytes)
        : base(inner) => _maxResponseBytes = maxResponseBytes;

    /// <summary>Leaves the body of a successful response to the sender of the request.</summary>
    /// <param name="request">The request.</param>
    public static void Stream(HttpRequestMessage request) => request.Options.Set(s_streams, true);

    /// <inheritdoc/>
    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        bool streams = request.Options.TryGetValue(s_streams, out bool asked) && asked;
        if (!streams && request.Headers.AcceptEncoding.Count == 0)
        {
            request.Headers.AcceptEncoding.Add(s_gzip);
        }

        HttpResponseMessage response = await base.SendAsync(request, cancellationToken).ConfigureAwait(false);
        if (response.StatusCode == HttpStatusCode.SwitchingProtocols || (streams && response.IsSuccessStatusCode))
        {
            return response;
        }

        try
        {
            await ReadAsync(response, response.IsSuccessStatusCode ? _maxResponseBytes : MaxErrorBytes, cancellationToken).ConfigureAwait(false);
            return response;
        }
        catch
        {
            response.Dispose();
            throw;
        }
    }

    private static async Task ReadAsync(HttpResponseMessage response, int limit, CancellationToken cancellationToken)
    {
        HttpContent content = response.Content;
        bool isCompressed = content.Headers.ContentEncoding.Contains(s_gzip.Value, StringComparer.OrdinalIgnoreCase);
        using Stream received = await content.ReadAsStreamAsync(cancellationToken).ConfigureAwait(false);
        using Stream stream = isCompressed ? new GZipStream(received, CompressionMode.Decompress) : received;
        byte[] buffer = new byte[(int)Math.Min((isCompressed ? null : content.Headers.ContentLength + 1) ?? FirstBuffer, limit)];
        int count = 0;
        while (true)
        {
            int read = await stream.ReadAsync(buffer.AsMemory(count), cancellationToken).ConfigureAwait(false);
            count += read;
            if (read == 0)
            {
                break;
            }

            if (count == limit)
            {
                if (response.IsSuccessStatusCode)
                {
                    throw new KubeBodyTooLargeException(limit);
                }

                break;
            }

            if (count == buffer.Length)
            {
                Array.Resize(ref buffer, (int)Math.Min(2L * buffer.Length, limit));
            }
        }

        // The charset is left out: JSON is UTF-8, and the name of one that does not exist would be an error of its own.
        ByteArrayContent body = new(buffer, 0, count);
        if (content.Headers.ContentType?.MediaType is { } type)
        {
            body.Headers.TryAddWithoutValidation("Content-Type", type);
        }

        response.Content = body;
        content.Dispose();
    }
}
