using System.Text.Json;
using DaskK8s.Testing.Storage;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Http;

namespace DaskK8s.Testing.Api;

/// <summary>Authenticates and authorizes a request, and routes it to its handler.</summary>
internal sealed class RequestPipeline(
    ObjectStore store, Accounts accounts, Authorizer authorizer, HttpFaults faults, RequestLog log, Discovery discovery, Reviews reviews,
    ListHandler lists, WatchHandler watches, ObjectHandler objects, SubresourceHandler logs, SubresourceHandler forwards, EmbeddedClusterOptions options)
{
    public async Task HandleAsync(HttpContext context, CancellationToken stopping)
    {
        try
        {
            await RouteAsync(context, stopping).ConfigureAwait(false);
        }
        catch (ApiException e)
        {
            await Respond.ErrorAsync(context, e).ConfigureAwait(false);
        }
        catch (Exception e) when (e is OperationCanceledException or IOException or ConnectionAbortedException)
        {
            // The client went away, or the server stops: a stream that has begun can only be broken off.
            if (!context.RequestAborted.IsCancellationRequested)
            {
                context.Abort();
            }
        }
        catch (Exception e)
        {
            string what = e is JsonException ? e.Message : e.ToString();
            await Respond.ErrorAsync(context, new ApiException(500, "InternalError", $"Internal error occurred: {what}")).ConfigureAwait(false);
        }
    }

    private async Task RouteAsync(HttpContext context, CancellationToken stopping)
    {
        RequestInfo? info = null;
        ApiException? unknown = null;
        try
        {
            info = RequestParser.Parse(context.Request);
        }
        catch (ApiException e)
        {
            unknown = e;
        }

        RequestUser user = RequestUser.Anonymous;
        ApiException? refused = null;
        try
        {
            user = accounts.Authenticate(context.Request.Headers.Authorization);
        }
        catch (ApiException e)
        {
            refused = e;
        }

        EmbeddedRequest request = Describe(context, info, user);
        log.Add(request);
        if (await faults.ApplyAsync(context, request).ConfigureAwait(false))
        {
            return;
        }

        if (refused is not null)
        {
            throw refused;
        }

        string path = context.Request.Path.Value ?? "/";
        if (info is null)
        {
            if (!Authorizer.AllowsPath(user, path) && unknown is null)
            {
                throw new ApiException(403, "Forbidden", $"forbidden: User \"{user.Name}\" cannot get path \"{path}\"") { Details = [] };
            }

            if (unknown is not null)
            {
                throw unknown;
            }

            await discovery.HandleAsync(context).ConfigureAwait(false);
            return;
        }

        Authorize(context, info, user);
        await DispatchAsync(context, info, user, stopping).ConfigureAwait(false);
    }

    private void Authorize(HttpContext context, RequestInfo info, RequestUser user)
    {
        string name = info.Name.Length > 0 ? info.Name
            : info.Verb is "list" or "watch" or "deletecollection" ? FieldSelector.Parse(context.Request.Query["fieldSelector"], info.Type).Name ?? string.Empty
            : string.Empty;
        authorizer.Demand(user, info.Verb, info.Type.Group, info.ResourceAndSub, info.Namespace, name);

        // From 1.35 on a WebSocket, which is a GET, needs what the POST of the older upgrade needs.
        if (info.Subresource == "portforward" && info.Verb == "get" && options.Minor >= 35)
        {
            authorizer.Demand(user, "create", info.Type.Group, info.ResourceAndSub, info.Namespace, name);
        }
    }

    private Task DispatchAsync(HttpContext context, RequestInfo info, RequestUser user, CancellationToken stopping)
    {
        if (info.Type.IsReview)
        {
            return reviews.HandleAsync(context, info, user);
        }

        if (info.Subresource.Length > 0 && !info.Type.Subresources.Contains(info.Subresource))
        {
            throw ApiException.PathNotFound();
        }

        return (info.Subresource, info.Verb) switch
        {
            ("log", "get") => logs(context, info, stopping),
            ("portforward", "get" or "create") => forwards(context, info, stopping),
            ("log" or "portforward", _) => throw ApiException.MethodNotAllowed(info.Type),
            ("eviction", "create") => objects.EvictAsync(context, info),
            (_, "get") => objects.GetAsync(context, info),
            (_, "list") => lists.HandleAsync(context, info),
            (_, "watch") => watches.HandleAsync(context, info, stopping),
            ("", "create") => objects.CreateAsync(context, info),
            (_, "update") => objects.UpdateAsync(context, info),
            (_, "patch") => objects.PatchAsync(context, info),
            ("", "delete" or "deletecollection") => objects.DeleteAsync(context, info),
            _ => throw ApiException.MethodNotAllowed(info.Type),
        };
    }

    private EmbeddedRequest Describe(HttpContext context, RequestInfo? info, RequestUser user) => new(
        store.Time.GetUtcNow(),
        context.Request.Method,
        context.Request.Path.Value ?? "/",
        context.Request.QueryString.Value ?? string.Empty,
        user.Name,
        context.Request.Headers.UserAgent.ToString(),
        context.Request.ContentType ?? string.Empty,
        info?.Verb ?? string.Empty,
        info?.ResourceAndSub ?? string.Empty,
        context.Request.Protocol);
}
