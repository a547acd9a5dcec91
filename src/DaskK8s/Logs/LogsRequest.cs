using System.Globalization;
using System.Net;
using System.Text;

using DaskK8s.Kubernetes;

namespace DaskK8s.Logs;

/// <summary>A request for a container's log.</summary>
internal sealed record LogsRequest(string Pod, string Container)
{
    private const int LongestError = 16 * 1024;

    public bool Follow { get; init; }

    public bool Previous { get; init; }

    public int? TailLines { get; init; }

    public TimeSpan? Since { get; init; }

    public DateTimeOffset? SinceTime { get; init; }

    /// <summary>Opens the log, with the same retries and errors as other calls; the caller reads the response body.</summary>
    public Task<HttpResponseMessage> OpenAsync(KubeRequests requests, CancellationToken cancellationToken)
    {
        KubernetesApiCall call = new("get", "pods/log", "", requests.Connection.Namespace, Pod);
        return requests.RunAsync(call, (_, ct) => OpenOnceAsync(requests, call, ct), cancellationToken);
    }

    internal string Path(string @namespace)
    {
        StringBuilder path = new($"api/v1/namespaces/{@namespace}/pods/{Pod}/log?timestamps=true&container={Uri.EscapeDataString(Container)}");
        if (Follow)
        {
            path.Append("&follow=true");
        }

        if (Previous)
        {
            path.Append("&previous=true");
        }

        if (TailLines is { } lines)
        {
            path.Append(CultureInfo.InvariantCulture, $"&tailLines={lines}");
        }

        // The API takes one of both.
        if (SinceTime is { } time)
        {
            path.Append("&sinceTime=").Append(Uri.EscapeDataString(time.UtcDateTime.ToString("yyyy-MM-ddTHH:mm:ssZ", CultureInfo.InvariantCulture)));
        }
        else if (Since is { } age)
        {
            path.Append(CultureInfo.InvariantCulture, $"&sinceSeconds={Math.Max(1, (long)Math.Ceiling(age.TotalSeconds))}");
        }

        return path.ToString();
    }

    private async Task<HttpResponseMessage> OpenOnceAsync(KubeRequests requests, KubernetesApiCall call, CancellationToken cancellationToken)
    {
        using HttpRequestMessage request = new(HttpMethod.Get, new Uri(Path(requests.Connection.Namespace), UriKind.Relative))
        {
            Version = HttpVersion.Version20,
        };
        HttpResponseMessage response = await requests.Connection.SendStreamAsync(request, cancellationToken).ConfigureAwait(false);
        if (response.IsSuccessStatusCode)
        {
            return response;
        }

        using (response)
        {
            byte[] body = new byte[LongestError];
            Stream stream = await response.Content.ReadAsStreamAsync(cancellationToken).ConfigureAwait(false);
            int length = await stream.ReadAtLeastAsync(body, body.Length, throwOnEndOfStream: false, cancellationToken).ConfigureAwait(false);
            throw KubeErrors.From(response, Encoding.UTF8.GetString(body, 0, length), call);
        }
    }
}
