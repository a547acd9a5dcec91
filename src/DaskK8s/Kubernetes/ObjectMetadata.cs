using System.Globalization;
using System.Net.Http.Headers;
using System.Text.Json;

namespace DaskK8s.Kubernetes;

/// <summary>An object's name and labels, without the object.</summary>
internal sealed record ObjectMetadata(string Namespace, string Name, IReadOnlyDictionary<string, string> Labels)
{
    private const string PartialList = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1";

    /// <summary>Lists only a collection's metadata, because a release's records can be a megabyte each and their labels identify them.</summary>
    /// <param name="requests">The requests to the API server.</param>
    /// <param name="call">The call, for errors.</param>
    /// <param name="path">The collection's path, with its selectors if any.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <returns>One item per object.</returns>
    public static Task<IReadOnlyList<ObjectMetadata>> ListAsync(
        KubeRequests requests, KubernetesApiCall call, string path, CancellationToken cancellationToken) =>
        KubePages.ReadAsync(
            (limit, next, ct) =>
            {
                string page = $"{path}{(path.Contains('?', StringComparison.Ordinal) ? '&' : '?')}limit={limit.ToString(CultureInfo.InvariantCulture)}{(next is null ? "" : $"&continue={Uri.EscapeDataString(next)}")}";
                return ReadPageAsync(requests, call, page, ct);
            },
            cancellationToken);

    private static Task<(IReadOnlyList<ObjectMetadata> Items, string? Next)> ReadPageAsync(
        KubeRequests requests, KubernetesApiCall call, string path, CancellationToken cancellationToken) =>
        requests.RunAsync(
            call,
            async (_, ct) =>
            {
                using HttpRequestMessage request = new(HttpMethod.Get, path);
                request.Headers.Accept.Add(MediaTypeWithQualityHeaderValue.Parse(PartialList));
                request.Headers.Accept.Add(MediaTypeWithQualityHeaderValue.Parse("application/json;q=0.5"));
                using HttpResponseMessage response = await requests.Connection.SendAsync(request, ct).ConfigureAwait(false);
                if (!response.IsSuccessStatusCode)
                {
                    throw KubeErrors.From(response, await response.Content.ReadAsStringAsync(ct).ConfigureAwait(false), call);
                }

                Stream body = await response.Content.ReadAsStreamAsync(ct).ConfigureAwait(false);
                using JsonDocument list = await JsonDocument.ParseAsync(body, cancellationToken: ct).ConfigureAwait(false);
                // Servers write an empty list as null (seen on 1.20).
                return list.RootElement.ValueKind == JsonValueKind.Object && list.RootElement.TryGetProperty("items", out JsonElement items)
                    ? ((IReadOnlyList<ObjectMetadata>)(items.ValueKind == JsonValueKind.Array ? [.. items.EnumerateArray().Select(Read)] : []), NextOf(list.RootElement))
                    : throw new JsonException("No list.");
            },
            cancellationToken);

    private static string? NextOf(JsonElement list) =>
        list.TryGetProperty("metadata", out JsonElement metadata) && metadata.ValueKind == JsonValueKind.Object
        && metadata.TryGetProperty("continue", out JsonElement next) && next.GetString() is { Length: > 0 } token ? token : null;

    private static ObjectMetadata Read(JsonElement item)
    {
        JsonElement metadata = item.GetProperty("metadata");
        Dictionary<string, string> labels = new(StringComparer.Ordinal);
        if (metadata.TryGetProperty("labels", out JsonElement pairs))
        {
            foreach (JsonProperty label in pairs.EnumerateObject())
            {
                labels[label.Name] = label.Value.GetString() ?? "";
            }
        }

        return new ObjectMetadata(
            metadata.TryGetProperty("namespace", out JsonElement ns) ? ns.GetString() ?? "" : "", metadata.GetProperty("name").GetString() ?? "", labels);
    }
}
