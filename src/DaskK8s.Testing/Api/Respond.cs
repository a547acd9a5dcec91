using System.Globalization;
using System.IO.Compression;
using System.Runtime.CompilerServices;
using System.Text.Json.Nodes;
using DaskK8s.Testing.Storage;
using Microsoft.AspNetCore.Http;

namespace DaskK8s.Testing.Api;

/// <summary>Writes responses.</summary>
internal static class Respond
{
    /// <summary>The size in bytes from which real servers compress a response (the API server's <c>defaultGzipThresholdBytes</c>).</summary>
    private const int CompressedFrom = 128 * 1024;

    public static Task JsonAsync(HttpContext context, int code, JsonNode body) => BytesAsync(context, code, Json.ToUtf8(body), "application/json");

    public static Task ObjectAsync(HttpContext context, int code, StoredObject stored)
    {
        if (!WantsMetadataOnly(context.Request))
        {
            return BytesAsync(context, code, stored.Whole, "application/json");
        }

        return JsonAsync(context, code, MetadataOnly(stored));
    }

    public static Task ErrorAsync(HttpContext context, ApiException error)
    {
        if (context.Response.HasStarted)
        {
            context.Abort();
            return Task.CompletedTask;
        }

        if (error.RetryAfterSeconds is { } seconds)
        {
            context.Response.Headers.RetryAfter = seconds.ToString(CultureInfo.InvariantCulture);
        }

        return JsonAsync(context, error.Code, error.ToStatus());
    }

    public static bool WantsMetadataOnly(HttpRequest request) =>
        request.Headers.Accept.ToString().Contains("as=PartialObjectMetadata", StringComparison.Ordinal);

    public static JsonObject MetadataOnly(StoredObject stored) => new()
    {
        ["kind"] = "PartialObjectMetadata",
        ["apiVersion"] = "meta.k8s.io/v1",
        ["metadata"] = stored.Value["metadata"]!.DeepClone(),
    };

    public static async Task BytesAsync(HttpContext context, int code, ReadOnlyMemory<byte> body, string contentType)
    {
        context.Response.StatusCode = code;
        context.Response.ContentType = contentType;
        context.Response.Headers.CacheControl = "no-cache, private";
        if (body.Length >= CompressedFrom && HttpMethods.IsGet(context.Request.Method)
            && context.Request.Headers.AcceptEncoding.ToString().Contains("gzip", StringComparison.OrdinalIgnoreCase))
        {
            context.Response.Headers.ContentEncoding = "gzip";
            context.Response.Headers.Vary = "Accept-Encoding";
            GZipStream compressed = new(context.Response.Body, CompressionLevel.Fastest, leaveOpen: true);
            await using ConfiguredAsyncDisposable disposal = compressed.ConfigureAwait(false);
            await compressed.WriteAsync(body, context.RequestAborted).ConfigureAwait(false);
            return;
        }

        context.Response.ContentLength = body.Length;
        if (!HttpMethods.IsHead(context.Request.Method))
        {
            await context.Response.Body.WriteAsync(body, context.RequestAborted).ConfigureAwait(false);
        }
    }
}
