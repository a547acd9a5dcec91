using System.Buffers;
using System.Collections.Concurrent;
using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using DaskK8s.Testing.Storage;
using Microsoft.AspNetCore.Http;

namespace DaskK8s.Testing.Api;

/// <summary>Answers list requests; all pages of a list come from one snapshot.</summary>
internal sealed class ListHandler(ObjectStore store)
{
    private const int SnapshotLimit = 64;

    private readonly ConcurrentDictionary<string, (IReadOnlyList<StoredObject> Left, long Version)> _pages = new(StringComparer.Ordinal);
    private readonly ConcurrentQueue<string> _order = new();

    /// <summary>Discards the snapshots behind the continue tokens, so that the next page fails with 410.</summary>
    public void Expire() => _pages.Clear();

    public Task HandleAsync(HttpContext context, RequestInfo info)
    {
        IQueryCollection query = context.Request.Query;
        LabelSelector labels = LabelSelector.Parse(query["labelSelector"]);
        FieldSelector fields = FieldSelector.Parse(query["fieldSelector"], info.Type);
        (IReadOnlyList<StoredObject> items, long version) = query["continue"].ToString() is { Length: > 0 } token
            ? Page(token)
            : Fresh(info, labels, fields, query["resourceVersion"]);

        int limit = int.TryParse(query["limit"], CultureInfo.InvariantCulture, out int asked) && asked > 0 ? asked : int.MaxValue;
        string? next = null;
        int remaining = 0;
        if (items.Count > limit)
        {
            remaining = items.Count - limit;
            next = Keep([.. items.Skip(limit)], version);
            items = [.. items.Take(limit)];
        }

        return Respond.BytesAsync(context, 200, Write(context.Request, info.Type, items, version, next, labels.IsEmpty && fields.IsEmpty ? remaining : 0), "application/json");
    }

    private static ReadOnlyMemory<byte> Write(HttpRequest request, ResourceType type, IReadOnlyList<StoredObject> items, long version, string? next, int remaining)
    {
        bool metadataOnly = Respond.WantsMetadataOnly(request);
        ArrayBufferWriter<byte> buffer = new(4096);
        using (Utf8JsonWriter writer = new(buffer, new JsonWriterOptions { SkipValidation = true }))
        {
            writer.WriteStartObject();
            writer.WriteString("kind", metadataOnly ? "PartialObjectMetadataList" : $"{type.Kind}List");
            writer.WriteString("apiVersion", metadataOnly ? "meta.k8s.io/v1" : type.ApiVersion);
            writer.WriteStartObject("metadata");
            writer.WriteString("resourceVersion", version.ToString(CultureInfo.InvariantCulture));
            if (next is not null)
            {
                writer.WriteString("continue", next);
                if (remaining > 0)
                {
                    writer.WriteNumber("remainingItemCount", remaining);
                }
            }

            writer.WriteEndObject();
            writer.WriteStartArray("items");
            foreach (StoredObject item in items)
            {
                writer.WriteRawValue(metadataOnly ? Json.ToUtf8(Respond.MetadataOnly(item)) : item.Item, skipInputValidation: true);
            }

            writer.WriteEndArray();
            writer.WriteEndObject();
        }

        return buffer.WrittenMemory;
    }

    private (IReadOnlyList<StoredObject> Items, long Version) Fresh(RequestInfo info, LabelSelector labels, FieldSelector fields, string? resourceVersion)
    {
        (IReadOnlyList<StoredObject> items, long version) = store.List(info.Type, info.ListNamespace);
        if (!string.IsNullOrEmpty(resourceVersion))
        {
            long wanted = long.TryParse(resourceVersion, CultureInfo.InvariantCulture, out long number)
                ? number
                : throw ApiException.BadRequest($"invalid resource version \"{resourceVersion}\": strconv.ParseUint: parsing \"{resourceVersion}\": invalid syntax");
            if (wanted > version)
            {
                throw new ApiException(504, "Timeout", $"Too large resource version: {wanted}, current: {version}")
                {
                    RetryAfterSeconds = 1,
                    Details = new JsonObject { ["causes"] = new JsonArray(new JsonObject { ["reason"] = "ResourceVersionTooLarge", ["message"] = "Too large resource version" }) },
                };
            }
        }

        return ([.. items.Where(item => (info.Name.Length == 0 || item.Key.Name == info.Name) && labels.Matches(item) && fields.Matches(item.Value))], version);
    }

    private (IReadOnlyList<StoredObject> Items, long Version) Page(string token) =>
        _pages.TryRemove(token, out (IReadOnlyList<StoredObject> Left, long Version) page)
            ? page
            : throw ApiException.Expired("The provided continue parameter is too old to display a consistent list result. You can start a new list without the continue parameter, or use the continue token in this response to retrieve the remainder of the results. Continuing with the provided token results in an inconsistent list - objects that were created, modified, or deleted between the time the first chunk was returned and now may show up in the list.");

    private string Keep(IReadOnlyList<StoredObject> rest, long version)
    {
        string token = Convert.ToBase64String(Encoding.UTF8.GetBytes($"{{\"v\":\"meta.k8s.io/v1\",\"rv\":{version},\"start\":\"{rest[0].Key.Name}\",\"id\":\"{Guid.NewGuid():N}\"}}"));
        _pages[token] = (rest, version);
        _order.Enqueue(token);
        while (_pages.Count > SnapshotLimit && _order.TryDequeue(out string? oldest))
        {
            _pages.TryRemove(oldest, out _);
        }

        return token;
    }
}
