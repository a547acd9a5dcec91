using System.Globalization;
using System.Text.Json.Nodes;
using DaskK8s.Testing.Storage;
using Microsoft.AspNetCore.Http;

namespace DaskK8s.Testing.Api;

/// <summary>Writes answers.</summary>
internal static class Respond
{
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
        context.Response.ContentLength = body.Length;
        context.Response.Headers.CacheControl = "no-cache, private";
        if (!HttpMethods.IsHead(context.Request.Method))
        {
            await context.Response.Body.WriteAsync(body, context.RequestAborted).ConfigureAwait(false);
        }
    }
}
